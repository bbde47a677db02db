"""How the jobs of the service go."""

from datetime import datetime

from sqlmodel import Session, col, select

from monitor.models import JobRun


def went_well(session: Session, job: str, now: datetime) -> None:
    run = session.get(JobRun, job) or JobRun(job=job, ran_at=now)
    run.ran_at, run.trouble = now, ""
    session.add(run)


def went_wrong(session: Session, job: str, trouble: str, now: datetime) -> None:
    run = session.get(JobRun, job) or JobRun(job=job, ran_at=now)
    run.ran_at, run.trouble = now, trouble
    run.failures += 1
    session.add(run)


def everything(session: Session) -> list[JobRun]:
    return list(session.exec(select(JobRun).order_by(col(JobRun.job))))
