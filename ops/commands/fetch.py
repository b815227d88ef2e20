"""`gifs fetch`: the GIFs, into a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from handler.gif_store import gif_key
from ops.account import Account
from ops.buckets import Stored
from ops.errors import GOOD, PERSON, Mistake
from ops.fetching import Fetched, Wanted, fetch
from ops.files import Targets
from ops.names import ObjectName, object_name, prefix_name
from ops.options import command
from ops.output import Output
from ops.parallel import in_order


@command("fetch")
@click.argument("videos", nargs=-1, metavar="[oss://BUCKET/KEY]…")
@click.option("--prefix", metavar="[oss://BUCKET/]PREFIX", help="Of all videos whose key begins so.")
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="DIR")
def run(account: Account, output: Output, videos: tuple[str, ...], prefix: str | None, to: Path) -> int:
    """Fetch GIFs into DIR/BUCKET/KEY.gif.

    Run it again, and it goes on where it stopped: a file that is there, as old and as large as the GIF, is not
    fetched again. No name leaves DIR; what a file system cannot hold in a name is written as in a URL (%2E%2E).
    Exit code 1 when a video that was named has no GIF.
    """
    if not videos and prefix is None:
        raise Mistake("name videos, or add --prefix (--prefix '' for all)")
    targets = Targets(to)
    found: Counter[Fetched] = Counter()

    def get(wanted: Wanted) -> tuple[Wanted, Fetched]:
        return wanted, fetch(account.gifs, wanted, to)

    with output.progress("fetching") as progress:
        for wanted, how in in_order(get, _wanted(account, videos, prefix, targets)):
            found[how] += 1
            progress.add(1)
            if output.as_json:
                output.line({"video": wanted.video, "file": str(wanted.path), "result": how.value})
            elif how is Fetched.MISSING:
                output.say(f"{wanted.video}: has no GIF: `gifs show {wanted.video}` says why")
            elif how is Fetched.CLASH:
                output.say(f"{wanted.video}: {wanted.path} is a folder of another key's, or has a file on its way")
    if not output.as_json:
        output.text(f"{found[Fetched.WRITTEN]:,} fetched into {to}, {found[Fetched.THERE]:,} were there.")
    return PERSON if found[Fetched.MISSING] + found[Fetched.CLASH] else GOOD


def _wanted(account: Account, videos: tuple[str, ...], prefix: str | None, targets: Targets) -> Iterator[Wanted]:
    for name in map(object_name, videos):
        yield Wanted(name.uri, _gif_of(account, name), targets.path(*name))
    if prefix is None:
        return
    settings = account.project.settings
    for where in _where(account, prefix):
        folder = f"{settings.gif_prefix}{where.bucket}/"
        for gif in account.gifs.list(folder + where.key):
            if gif.key.endswith(".gif"):
                key = gif.key.removeprefix(folder).removesuffix(".gif")
                yield Wanted(f"oss://{where.bucket}/{key}", gif, targets.path(where.bucket, key))


def _gif_of(account: Account, name: ObjectName) -> Stored | None:
    """None when it is not there."""
    key = gif_key(account.project.settings.gif_prefix, name.bucket, name.key)
    head = account.gifs.head(key)
    return Stored(key, head.size, head.etag, head.changed, head.storage_class, head.kind) if head else None


def _where(account: Account, prefix: str) -> list[ObjectName]:
    if prefix.startswith("oss://"):
        return [prefix_name(prefix)]
    return [ObjectName(bucket, prefix) for bucket in account.project.video_buckets]
