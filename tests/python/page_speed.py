"""How long a page keeps its reader waiting: `python page_speed.py report.html`, with Debian's chromium and chromium-driver.

Opens the page in a headless browser, types words into its search, picks results and turns pages, and prints the time until it stood,
the longest task that kept the browser from answering, and the longest wait for an answer.
"""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

KEPT = """
window.longest = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.longest = Math.max(window.longest, one.duration); })
  .observe({type: 'longtask', buffered: true});
"""
# Sets the field, and answers when what is told of the number of findings has stood still for so long.
SEARCH = """
const [words, told] = [arguments[0], arguments[arguments.length - 1]];
const field = document.getElementById('words'), matching = document.getElementById('matching');
const began = performance.now();
let last = began;
const watch = new MutationObserver(() => { last = performance.now(); });
watch.observe(matching, {childList: true, characterData: true, subtree: true});
watch.observe(document.getElementById('found'), {childList: true});
field.value = words;
field.dispatchEvent(new Event('input', {bubbles: true}));
const wait = () => {
  if (performance.now() - Math.max(last, began + 200) < 400) return setTimeout(wait, 50);
  watch.disconnect();
  told([last - began, matching.textContent.trim()]);
};
setTimeout(wait, 200);
"""


def main(page):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)

    def call(method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", data, {"content-type": "application/json"}, method=method
        )
        return json.loads(urllib.request.urlopen(request, timeout=180).read())["value"]

    try:
        for _ in range(100):
            try:
                call("GET", "/status")
                break
            except OSError:
                time.sleep(0.1)
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu"]
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments}}
        session = f"/session/{call('POST', '/session', {'capabilities': {'alwaysMatch': wanted}})['sessionId']}"
        call("POST", f"{session}/timeouts", {"script": 120_000})
        run = lambda kind, script, *given: call("POST", f"{session}/execute/{kind}", {"script": script, "args": list(given)})
        began = time.monotonic()
        call("POST", f"{session}/url", {"url": Path(page).resolve().as_uri()})
        print(f"the page stood after   {(time.monotonic() - began) * 1000:.0f} ms")
        run("sync", KEPT)
        time.sleep(0.5)
        print(f"longest task of it     {run('sync', 'return window.longest'):.0f} ms")
        run("sync", "window.longest = 0")
        longest = 0
        for words in ["a", "ag", "age", "agency-records-0001", "そのような語はない", "", "virginia", "国外"]:
            waited, told = run("async", SEARCH, words)
            longest = max(longest, waited)
            print(f"{words or '(nothing)':<22} {waited:.0f} ms: {told}")
        print(f"longest wait           {longest:.0f} ms (of which 120 ms wait for more letters)")
        print(f"longest task of them   {run('sync', 'return window.longest'):.0f} ms")
        call("DELETE", session)
    finally:
        driver.kill()


if __name__ == "__main__":
    main(sys.argv[1])
