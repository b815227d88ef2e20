"""What a million videos cost on Function Compute, without what OSS and Multimedia AI take for themselves.

Prices: "Pay-as-you-go" of the Function Compute documentation, as published in 2026 and looked up on 2026-11-22:
https://help.aliyun.com/en/functioncompute/fc/product-overview/pay-as-you-go-billing-methods
The first tier's list price (up to 200 million CU a month), without free quota and discounts; USD 0.000020 on the
international site.
"""

from __future__ import annotations

from dataclasses import dataclass

MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """CNY per compute unit (CU), and what makes one: vCPU-seconds, GB-seconds, invocations."""

    per_cu: float = 0.00011
    cu_per_vcpu_second: float = 1.0
    cu_per_gb_second: float = 0.15
    cu_per_invocation: float = 75 / 10_000


@dataclass(frozen=True)
class Size:
    """An instance: vCPU from 0.05 in steps of 0.05, MiB in steps of 64; 1 to 4 GiB for each vCPU."""

    vcpu: float
    mebibytes: int

    def __str__(self) -> str:
        return f"{self.vcpu:g} vCPU, {self.mebibytes} MiB"


@dataclass(frozen=True)
class Workload:
    """One video. waiting: seconds of it without work. cpu: seconds of work, at one vCPU.

    cold_share of the invocations start an instance first, which is cold_cpu seconds of work more.
    """

    waiting: float
    cpu: float
    cold_cpu: float = 0.0
    cold_share: float = 0.0

    def duration(self, size: Size) -> float:
        """Seconds that are paid for: less than a whole vCPU makes work that much longer."""
        work = self.cpu + self.cold_share * self.cold_cpu
        return self.waiting + work / min(size.vcpu, 1.0)


def cost_of_a_million(workload: Workload, size: Size, prices: Prices | None = None) -> float:
    """CNY. CPU and memory are paid for as they were chosen, for as long as the invocation lasts."""
    prices = prices or Prices()
    per_second = size.vcpu * prices.cu_per_vcpu_second + size.mebibytes / 1024 * prices.cu_per_gb_second
    return MILLION * prices.per_cu * (workload.duration(size) * per_second + prices.cu_per_invocation)
