"""The first decoding of each type from many threads at once: msgspec crashed the process there."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, threading
sys.setswitchinterval(1e-6)
from promote.registry.decode import decode, error_codes
from promote.registry.manifest import parse_config, parse_manifest
index = b'{"schemaVersion": 2, "manifests": [{"digest": "sha256:%s", "platform": {"os": "linux"}}]}' % (b"a" * 64)
meeting = threading.Barrier(16)
def read():
    meeting.wait()
    parse_manifest(index, "sha256:" + "b" * 64, where="here", proven=True)
    parse_config(b'{"config": {"Labels": {"a": "b"}}}', "here")
    assert error_codes(b'{"errors": [{"code": "DENIED"}]}') == ("DENIED",)
threads = [threading.Thread(target=read) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print("all", flush=True)
"""


def test_the_first_decoding_may_be_that_of_many_threads() -> None:
    for _ in range(10):
        done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, "all\n"), done.stderr
