import asyncio
from collections import Counter

import pytest

from brandlens.crawler.host_queues import HostQueues


def handled(jobs, max_per_host, later=()):
    """Return the (host, number) jobs in the order in which they ended, and how many of each host ran at once."""
    order, active, max_active = [], Counter(), Counter()

    async def go():
        async def handle(job):
            host, number = job
            active[host] += 1
            max_active[host] = max(max_active[host], active[host])
            await asyncio.sleep(0.001 if host == "slow" else 0)
            active[host] -= 1
            order.append(job)
            if number == 0:
                for new in later:
                    queues.put(new[0], new)

        async with asyncio.TaskGroup() as tasks:
            queues = HostQueues(tasks, handle, max_per_host)
            for job in jobs:
                queues.put(job[0], job)

    asyncio.run(go())
    return order, max_active


def test_no_jobs():
    assert handled([], 2) == ([], Counter())


@pytest.mark.parametrize("max_per_host", [1, 3])
def test_every_job_once_and_no_more_of_a_host_than_allowed(max_per_host):
    jobs = [(host, number) for number in range(9) for host in ("slow", "quick")]
    order, max_active = handled(jobs, max_per_host)
    assert sorted(order) == sorted(jobs)
    assert max_active == {"slow": max_per_host, "quick": max_per_host}
    assert [job for job in order if job[0] == "quick"] == order[:9]  # the slow host delayed only its own jobs


def test_jobs_may_be_put_later():
    order, _ = handled([("a", 0)], 1, later=[("a", 1), ("b", 2)])
    assert sorted(order) == [("a", 0), ("a", 1), ("b", 2)]


def test_errors_end_the_group():
    async def go():
        async def handle(job):
            raise OSError(job)

        async with asyncio.TaskGroup() as tasks:
            HostQueues(tasks, handle, 2).put("a", "disk full")

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(go())
    assert str(caught.value.exceptions[0]) == "disk full"
