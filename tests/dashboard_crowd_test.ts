// A dashboard of a hub with a crowd: what it costs does not grow with it.

import assert from "node:assert/strict";
import { Sampler } from "../_dashboard_sampler.ts";
import { DashboardPage, testPage } from "./_dashboard_page.ts";
import { testDashboard } from "./_dashboard.ts";
import { figure, lengthOf, percentile } from "./_length.ts";
import { LineProcess } from "./_line_process.ts";
import { openFiles } from "./_open_files.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const wanted = lengthOf({ short: 400, full: 10_000 });
/** Files of the process itself. */
const OWN_FILES = 500;
const size = Math.min(wanted, await openFiles() - OWN_FILES);
if (size < wanted) {
  console.warn(`dashboard: ${size} connections instead of ${wanted}`);
}

/** Clients of a hub, which are gone at the end of the test. */
async function crowdOf(url: string, count: number): Promise<LineProcess> {
  const script = new URL("./_dashboard_crowd.ts", import.meta.url);
  const crowd = new LineProcess(script, [url, String(count)]);
  await crowd.ask("connect");
  return crowd;
}

/** No pings: a crowd on few cores is slow to answer. */
const SILENT = { pingInterval: 0 };

testDashboard("takes samples of one size", async (setting) => {
  const bytes: number[] = [];
  for (const count of [50, size]) {
    const hub = await setting.hub({ relay: true, ...SILENT });
    await using crowd = await crowdOf(hub.url, count);
    const sampler = new Sampler([hub], { onFault() {}, onTail() {} });
    const timed = (take: () => unknown): number => {
      const start = performance.now();
      take();
      return performance.now() - start;
    };
    const idle = Array.from({ length: 20 }, () => timed(() => sampler.count()));
    sampler.watch(true);
    const watched: number[] = [];
    let largest = 0;
    for (let i = 0; i < 20; i++) {
      await crowd.ask("send", 100);
      await hub.flush();
      watched.push(timed(() => {
        const sample = sampler.next();
        assert(sample.visited <= 5040, `${sample.visited}`);
        largest = Math.max(largest, JSON.stringify(sample).length);
      }));
    }
    sampler.watch(false);
    bytes.push(largest);
    figure(`dashboard, a sample of ${count} connections`, {
      "ms when nobody watches": percentile(idle, 0.5),
      "ms": percentile(watched, 0.5),
      "ms at most": percentile(watched, 1),
      bytes: largest,
    });
  }
  const [few, many] = bytes;
  assert(many! < 1.5 * few!, `${many} bytes, and ${few} of a few connections`);
});

testPage("stays smooth", async (setting, browser) => {
  const { hub, url } = await setting.watched({ interval: 500 }, SILENT);
  await using crowd = await crowdOf(hub.url, size);
  await using opened = await DashboardPage.open(browser, url);
  const { page } = opened;
  await opened.isLive();
  await opened.shows("Connections", size.toLocaleString("en"));
  await opened.tail("order.placed");
  const elements = () =>
    page.evaluate<number>("document.querySelectorAll('*').length");
  await page.evaluate(`
    globalThis.frames_ = [];
    globalThis.tasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(duration);
    }).observe({ type: "longtask" });
    let last = performance.now();
    const onFrame = (now) => {
      frames_.push(now - last);
      last = now;
      requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);
  `);
  const most: number[] = [];
  for (let i = 0; i < lengthOf({ short: 12, full: 60 }); i++) {
    await crowd.ask("send", 100);
    await hub.flush();
    await page.evaluate("new Promise(requestAnimationFrame)");
    most.push(await elements());
  }
  const shown = await page.locator("#connections tr").count();
  assert(shown <= 20, `${shown} connections`);
  assert(Math.max(...most) < 3000, `${Math.max(...most)} elements`);
  const { frames, tasks } = await page.evaluate<
    { frames: number[]; tasks: number[] }
  >("({ frames: frames_, tasks })");
  const total = frames.reduce((sum, frame) => sum + frame, 0);
  // Tasks over 50 ms take their share of a machine that does all else, too.
  const long = tasks.reduce((sum, task) => sum + task, 0) / total;
  figure(`dashboard, the page of a hub with ${size} connections`, {
    elements: Math.max(...most),
    "frames a second": 1000 * frames.length / total,
    "ms of a frame, median": percentile(frames, 0.5),
    "ms of a frame, 99 %": percentile(frames, 0.99),
    "share of long tasks": long,
  });
  assert(long < 0.5, `Long tasks take ${long} of the time`);
});
