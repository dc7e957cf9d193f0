"""One module for each way of searching: `minimize(objective, space, evaluations, seed)`."""
