// The page of a dashboard in a browser, of real hubs with real clients.

import assert from "node:assert/strict";
import { createEvent } from "../envelope.ts";
import { DashboardPage, testPage } from "./_dashboard_page.ts";
import { envelopesOn } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

testPage("shows what goes through a hub", async (setting, browser) => {
  const { hub, url } = await setting.watched({ title: "the hub" });
  await using opened = await DashboardPage.open(browser, url);
  const { page } = opened;
  await opened.isLive();
  await opened.shows("Connections", "0");
  assert.equal(
    await page.getByRole("heading", { level: 1 }).textContent(),
    "the hub",
  );
  assert.equal(await page.title(), "the hub – dashboard");
  await page.getByText("Nobody is connected").waitFor();

  const client = await setting.client(`${hub.url}/alice`);
  client.addEventListener("message.sent:room-1", () => {});
  await client.flush();
  await opened.shows("Connections", "1");
  await opened.shows("Topics", "1");
  const row = page.getByRole("row", { name: "alice" });
  await row.waitFor();
  hub.dispatchEvent(createEvent("message.sent", "room-1", "hello"));
  const topic = page.getByRole("button", { name: "message.sent:room-1" });
  await topic.waitFor();
  await page.getByText("Nobody is connected").waitFor({ state: "hidden" });

  // It is charted: ink of the line's color is on the canvas.
  const charts = page.locator("canvas");
  assert.equal(await charts.count(), 2);
  assert(
    await page.evaluate(`
      const canvas = document.querySelector("canvas");
      canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
        .data.some((ink) => ink > 0);
    `),
  );
  await client.close();
  await opened.shows("Connections", "0");
  await row.waitFor({ state: "detached" });
});

testPage("shows hostile texts as text", async (setting, browser) => {
  const html = `<img src=x onerror="document.title='hacked'"><b>bold</b>`;
  const { hub, url } = await setting.watched({ title: html }, {
    authorizeSubscribe: () => {
      throw new Error(html);
    },
  });
  await using opened = await DashboardPage.open(browser, url);
  const { page } = opened;
  await opened.isLive();
  await opened.tail("x");
  const client = await setting.client(`${hub.url}/${encodeURIComponent(html)}`);
  client.addEventListener(`x:${html}`, () => {});
  await page.locator("#problems").getByText("<b>bold</b>").first().waitFor();
  client.dispatchEvent(createEvent("x", html, html));
  await page.locator("#tail pre").getByText("<b>bold</b>").waitFor();
  await page.locator("#topics").getByText(html).waitFor();
  await page.locator("h1").getByText(html).waitFor();
  assert.equal(
    await page.locator("main :is(img, b:not(.in, .out))").count(),
    0,
  );
  assert.equal(await page.title(), `${html} – dashboard`);
});

testPage(
  "tails a topic that is clicked, and pauses",
  async (setting, browser) => {
    const { hub, url } = await setting.watched();
    await using opened = await DashboardPage.open(browser, url);
    const { page } = opened;
    await opened.isLive();
    const topic = page.getByRole("button", { name: "order.placed:1" });
    const dispatch = (n: number) =>
      hub.dispatchEvent(createEvent("order.placed", "1", { n }));
    dispatch(0);
    await topic.click();
    const input = page.getByLabel("Topic to tail");
    assert.equal(await input.inputValue(), "order.placed:1");
    await opened.tail("order.placed:1");
    const shown = page.locator("#tail pre");
    dispatch(1);
    await shown.getByText('{"n":1}').waitFor();

    await page.getByRole("button", { name: "Pause" }).click();
    dispatch(2);
    await page.getByText("Paused, 1 wait").waitFor();
    assert.deepEqual(await shown.allTextContents(), ['{"n":1}']);
    await page.getByRole("button", { name: "Resume" }).click();
    await shown.getByText('{"n":2}').waitFor();
    assert.deepEqual(await shown.allTextContents(), ['{"n":2}', '{"n":1}']);

    // A flood is cut, and what is left out is counted.
    for (let n = 3; n < 1000; n++) dispatch(n);
    await page.getByText(/\d+ shown, \d+ not shown/).waitFor();
    assert(await shown.count() <= 200);
    await page.getByRole("button", { name: "Stop" }).click();
    assert(await page.getByRole("button", { name: "Stop" }).isDisabled());
  },
);

testPage("tells of slow consumers and of errors", async (setting, browser) => {
  const { hub, url } = await setting.watched({}, {
    backpressureLimit: 1000,
    authorizeSubscribe: ({ topic }) => topic !== "secret",
  });
  await using opened = await DashboardPage.open(browser, url);
  await opened.isLive();
  const client = await setting.client(`${hub.url}/mallory`, {
    reconnect: false,
  });
  client.addEventListener("secret", () => {});
  client.addEventListener("big", () => {});
  await client.flush();
  hub.dispatchEvent(createEvent("big", "", "x".repeat(2000)));
  const log = opened.page.getByRole("log", {
    name: "Slow consumers and errors",
  });
  await log.getByText("slow consumer", { exact: true }).waitFor();
  assert.match((await log.textContent())!, /authorizeSubscribe refused it/);
  await opened.shows("Slow consumers", "1");
  await opened.shows("Errors", "1");
});

testPage("publishes where that is allowed alone", async (setting, browser) => {
  const hub = await setting.hub();
  const form = "Publish a test event";
  {
    await using opened = await DashboardPage.open(
      browser,
      setting.dashboard(hub).url,
    );
    await opened.isLive();
    await opened.shows("Connections", "0");
    assert(await opened.page.getByText(form).isHidden());
  }
  const { url } = setting.dashboard(hub, { allowPublish: true });
  await using opened = await DashboardPage.open(browser, url);
  const { page } = opened;
  await page.getByText(form).waitFor();
  const client = await setting.client(hub.url);
  const received = envelopesOn(client, "test.event:42");
  await client.flush();
  await page.getByLabel("Type", { exact: true }).fill("test.event");
  await page.getByLabel("Id", { exact: true }).fill("42");
  const payload = page.getByLabel("Payload, as JSON");
  const publish = page.getByRole("button", { name: "Publish" });
  await payload.fill("{oops");
  await publish.click();
  await page.getByText("This is no JSON").waitFor();
  await payload.fill('{"n":1}');
  await publish.click();
  await page.getByText("Published at").waitFor();
  const [envelope] = await received.count(1);
  assert.deepEqual(envelope, {
    type: "test.event",
    id: "42",
    payload: { n: 1 },
  });
  await page.getByLabel("Type", { exact: true }).fill("__ping");
  await publish.click();
  await page.getByText(/TypeError: .*__ping/).waitFor();
});

testPage(
  "asks for the token, and keeps it from the URL",
  async (setting, browser) => {
    const token = "a token of & some length";
    const { url } = await setting.watched({ token });
    await using opened = await DashboardPage.open(browser, url);
    const { page } = opened;
    const field = page.getByLabel("Token");
    await field.fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("This is not the token").waitFor();
    await field.fill(token);
    await page.getByRole("button", { name: "Log in" }).click();
    await opened.isLive();
    assert.equal(page.url(), `${url}/`);
    assert.equal(await page.evaluate("document.cookie"), "");
    await page.reload();
    await opened.isLive();

    await using other = await DashboardPage.open(
      browser,
      `${url}/?token=${encodeURIComponent(token)}`,
    );
    await other.isLive();
    assert.equal(other.page.url(), `${url}/`);
  },
);

testPage("comes back when the server does", async (setting, browser) => {
  const { hub, url, stop, start } = await setting.watched();
  await using opened = await DashboardPage.open(browser, url);
  const { page } = opened;
  await opened.isLive();
  await opened.shows("Connections", "0");
  // Its clock stands still: it comes back when it is told to, not by itself.
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  await stop();
  const notice = page.getByRole("alert");
  await notice.getByText(/is lost\. The figures are of \d\d:\d\d:\d\d/)
    .waitFor();
  await page.getByRole("status").getByText("Reconnecting").waitFor();
  await setting.client(`${hub.url}/meanwhile`);
  start();
  await notice.getByRole("button", { name: "Try now" }).click();
  await opened.isLive();
  await notice.waitFor({ state: "hidden" });
  await opened.shows("Connections", "1");
});
