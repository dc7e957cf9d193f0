"""What has been tried: trial documents, the states they go through, stores and files of them.

May import `environment`, `pyll` and `exceptions`.
"""
