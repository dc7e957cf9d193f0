"""Other libraries' ways of working: SparkTrials, a search in the manner of scikit-learn.

May import `study`, `evaluation` and what these may import.
"""
