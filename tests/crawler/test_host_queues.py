import asyncio
from collections import Counter

import pytest

from brandlens.crawler.host_queues import HostQueues


def done(jobs, width, later=()):
    """What was done of (host, number) jobs, in its order, and how many of each host at once."""
    order, now, most = [], Counter(), Counter()

    async def go():
        async def work(job):
            host, number = job
            now[host] += 1
            most[host] = max(most[host], now[host])
            await asyncio.sleep(0.001 if host == "slow" else 0)
            now[host] -= 1
            order.append(job)
            if number == 0:
                for each in later:
                    lanes.put(each[0], each)

        async with asyncio.TaskGroup() as tasks:
            lanes = HostQueues(tasks, work, width)
            for job in jobs:
                lanes.put(job[0], job)

    asyncio.run(go())
    return order, most


def test_nothing():
    assert done([], 2) == ([], Counter())


@pytest.mark.parametrize("width", [1, 3])
def test_every_job_once_and_no_host_too_often(width):
    jobs = [(host, number) for number in range(9) for host in ("slow", "quick")]
    order, most = done(jobs, width)
    assert sorted(order) == sorted(jobs)
    assert most == {"slow": width, "quick": width}
    assert [job for job in order if job[0] == "quick"] == order[:9]  # the slow host held up none but itself


def test_jobs_that_come_later():
    order, _ = done([("a", 0)], 1, later=[("a", 1), ("b", 2)])
    assert sorted(order) == [("a", 0), ("a", 1), ("b", 2)]


def test_what_goes_wrong_is_told():
    async def go():
        async def work(job):
            raise OSError(job)

        async with asyncio.TaskGroup() as tasks:
            HostQueues(tasks, work, 2).put("a", "disk full")

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(go())
    assert str(caught.value.exceptions[0]) == "disk full"
