"""Who proposes trials: functions ``suggest(new_ids, domain, trials, seed)`` and what they share.

May import `objective` and what that may import.
"""
