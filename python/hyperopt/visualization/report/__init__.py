"""The report: one HTML file that holds a study and what is needed to look at it.

`study_data` makes columns of the documents, `facts` what is to be said in words, and `page` puts them
into the page, whose script and style lie in ``static``. The live page is the same one.
"""

from __future__ import annotations

from hyperopt.visualization.report.page import report_page, write_report

__all__ = ["report_page", "write_report"]
