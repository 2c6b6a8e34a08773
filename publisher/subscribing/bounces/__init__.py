"""Mail that comes back, understood: bounces, complaints, automatic replies, and mail that asks to leave the list."""

from publisher.subscribing.bounces.judging import judge_reply
from publisher.subscribing.bounces.reading import read
from publisher.subscribing.bounces.verdicts import Failure, Kind, Reason, Returned

__all__ = ["Failure", "Kind", "Reason", "Returned", "judge_reply", "read"]
