"""What a test needs for its duration: in a `with`, or as a decorator that hands it in as an argument."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Scoped(Generic[T]):
    """`with scoped as value:`, or `@scoped` on a function, which gets the value if it takes an argument `name`.

    `make` is called for each `with` and for each call of a decorated function, so no two of them share anything.
    """

    def __init__(self, make: Callable[[], AbstractContextManager[T]], name: str) -> None:
        self._make = make
        self._name = name
        self._entered: list[AbstractContextManager[T]] = []

    def __enter__(self) -> T:
        made = self._make()
        value = made.__enter__()
        self._entered.append(made)
        return value

    def __exit__(self, *error: Any) -> None:
        self._entered.pop().__exit__(*error)

    def __call__(self, test: Callable[..., R]) -> Callable[..., R]:
        """Raises TypeError for what is not a function: a class would silently not be collected any more."""
        if not inspect.isfunction(test) or inspect.isgeneratorfunction(test):
            raise TypeError(
                f"{test!r}: the decorator is for functions (for a generator or a class, use a fixture)"
            )
        wrapper: Any
        if inspect.iscoroutinefunction(test):

            @functools.wraps(test)
            async def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self._make() as value:
                    return await test(*args, **kwargs, **self._given(test, value))
        else:

            @functools.wraps(test)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                with self._make() as value:
                    return test(*args, **kwargs, **self._given(test, value))

        # What is handed in here is nothing that pytest should look for among its fixtures.
        signature = inspect.signature(test)
        others = [parameter for name, parameter in signature.parameters.items() if name != self._name]
        wrapper.__signature__ = signature.replace(parameters=others)
        return wrapper  # type: ignore[no-any-return]

    def _given(self, test: Callable[..., Any], value: T) -> dict[str, T]:
        return {self._name: value} if self._name in inspect.signature(test).parameters else {}
