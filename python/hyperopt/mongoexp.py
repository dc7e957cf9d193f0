"""Front door: `MongoTrials` and its worker, on studies in a SQL database.

MongoDB is not supported any more. ``MongoTrials("postgresql://user@host/db", exp_key="run")`` and
``hyperopt-mongo-worker --mongo=postgresql://user@host/db --exp-key=run`` do what they did, so that
a program changes one URL. ``mongo://`` says how to bring an old study along.
"""

from __future__ import annotations

from hyperopt.integrations.mongo import (
    DomainSwapError,
    InvalidMongoTrial,
    MongoCtrl,
    MongoJobs,
    MongoTrials,
    MongoWorker,
    OperationFailure,
    ReserveTimeout,
    Shutdown,
    WaitQuit,
    as_mongo_str,
    main_worker,
    main_worker_helper,
    parse_url,
)

__all__ = [
    "DomainSwapError",
    "InvalidMongoTrial",
    "MongoCtrl",
    "MongoJobs",
    "MongoTrials",
    "MongoWorker",
    "OperationFailure",
    "ReserveTimeout",
    "Shutdown",
    "WaitQuit",
    "as_mongo_str",
    "main_worker",
    "main_worker_helper",
    "parse_url",
]
