"""Front door: a space as a picture of its parameters."""

from hyperopt.space.conditions import expr_to_config
from hyperopt.visualization.space_graph import dot_hyperparameters

__all__ = ["dot_hyperparameters", "expr_to_config"]
