"""The report: one HTML file that holds a study and what is needed to look at it.

`columns` and `parameters` describe a study in JSON, `facts` says the rest in words, `study_data`
puts it together, and `page` makes the page, whose script and style lie in ``static``. The live page
is the same one.
"""

from __future__ import annotations

from hyperopt.visualization.report.page import report_page, write_report

__all__ = ["report_page", "write_report"]
