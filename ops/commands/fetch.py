"""`gifs fetch`: the GIFs into a folder; run again, it fetches what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import click

from ops.account import Account
from ops.errors import GOOD, PERSON, Mistake
from ops.fetching import Fetched, Result, Wanted, below, fetch, named, why_none
from ops.folder import Folder
from ops.names import ObjectName, object_name, prefix_name
from ops.options import command
from ops.output import Output, size_of
from ops.parallel import in_order

_WORDS = {
    Result.EARLIER: "its GIF is that of an earlier upload",
    Result.MISSING: "no GIF",
    Result.BLOCKED: "not fetched",
}


@command("fetch")
@click.argument("videos", nargs=-1, metavar="[oss://BUCKET/KEY]…")
@click.option("--prefix", metavar="[oss://BUCKET/]PREFIX", help="Those of all videos whose key begins so.")
@click.option(
    "--to",
    "target",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Made when it is not there.",
)
def run(account: Account, output: Output, videos: tuple[str, ...], prefix: str | None, target: Path) -> int:
    """Fetch GIFs into a folder, as DIR/<bucket>/<key>.gif.

    A file that has its GIF's size and time is not fetched again. What a file's name cannot hold is written as %
    and hex digits, and nothing is written outside of DIR. Exit code 1 when a named video has no GIF, or something
    else stands where its file belongs.
    """
    if bool(videos) == (prefix is not None):
        raise Mistake("name videos, or add --prefix: --prefix '' is all there are")
    names = list(dict.fromkeys(object_name(uri) for uri in videos))
    count: Counter[Result] = Counter()
    size, to_say = 0, []
    wanted = _wanted(account, names, prefix or "")
    first = list(islice(wanted, 1))  # before a folder is made
    with Folder(target) as folder, output.progress("fetching", len(names) or None) as progress:
        for found in in_order(
            lambda wanted: _explained(account, fetch(account, folder, wanted), wanted, is_named=bool(names)),
            chain(first, wanted),
        ):
            count[found.result] += 1
            size += found.bytes
            progress.add(1, size_of(size))
            if output.as_json:
                output.line({**found._asdict(), "result": found.result.value, "file": found.file or None})
            elif names or found.result is Result.BLOCKED:  # of a prefix the others may be many, and are in DIR
                to_say.append(found)
    for found in to_say:
        output.text(found.file or f"{found.video}: {_WORDS[found.result]}: {found.detail}")
    _sum_up(output, count, size, target)
    missing = count[Result.MISSING] + count[Result.EARLIER] if names else 0
    return PERSON if missing or count[Result.BLOCKED] else GOOD


def _wanted(account: Account, names: list[ObjectName], prefix: str) -> Iterator[Wanted]:
    if names:
        yield from in_order(lambda name: named(account, name), names)
        return
    buckets = [ObjectName(bucket, prefix) for bucket in account.project.video_buckets]
    for place in [prefix_name(prefix)] if prefix.startswith("oss://") else buckets:
        yield from below(account, place)


def _explained(account: Account, found: Fetched, wanted: Wanted, *, is_named: bool) -> Fetched:
    if is_named and found.result in (Result.MISSING, Result.EARLIER):
        return found._replace(detail=why_none(account, wanted.video))
    return found


def _sum_up(output: Output, count: Counter[Result], size: int, target: Path) -> None:
    if output.as_json:
        counts = {result.value: count[result] for result in Result}
        output.line({**counts, "bytes": size, "directory": str(target)})
        return
    output.say(
        f"{count[Result.WRITTEN]:,} fetched ({size_of(size)}) into {target}, {count[Result.THERE]:,} there before."
    )
    for result, words in (
        (Result.MISSING, "Without a GIF"),
        (Result.EARLIER, "With the GIF of an earlier upload, which was left out"),
        (Result.BLOCKED, "Not fetched"),
    ):
        if count[result]:
            output.say(f"{words}: {count[result]:,}.")
