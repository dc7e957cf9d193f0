"""Front door: reports of studies as HTML; `Trials.report` writes that of one study."""

from hyperopt.visualization.report import report_page, write_report

__all__ = ["report_page", "write_report"]
