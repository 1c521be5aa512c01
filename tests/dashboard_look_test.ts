// How the page of a dashboard is to be looked at: in light and dark, on a phone,
// by keyboard, by those who do not see it.

import assert from "node:assert/strict";
import { createEvent } from "../envelope.ts";
import { DashboardPage, testPage } from "./_dashboard_page.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** How light a part of the page is, from 0 to 255. */
const lightness = (opened: DashboardPage, selector: string) =>
  opened.page.evaluate<number>(`
    const { backgroundColor } = getComputedStyle(
      document.querySelector(${JSON.stringify(selector)}),
    );
    const [r, g, b] = backgroundColor.match(/\\d+/g).map(Number);
    (r + g + b) / 3;
  `);

testPage(
  "is light or dark, as the system or one says",
  async (setting, browser) => {
    const { url } = await setting.watched();
    for (const colorScheme of ["light", "dark"] as const) {
      await using opened = await DashboardPage.open(browser, url, {
        colorScheme,
      });
      const { page } = opened;
      await opened.isLive();
      const isLight = async () => {
        const parts = [
          await lightness(opened, "body"),
          await lightness(opened, ".panel"),
          await lightness(opened, ".bar"),
        ];
        assert(
          parts.every((part) => part > 230) || parts.every((part) => part < 40),
        );
        return parts[0]! > 230;
      };
      assert.equal(await isLight(), colorScheme === "light");
      const theme = page.getByRole("button", { name: "Theme: system" });
      await theme.click();
      await page.getByRole("button", { name: "Theme: light" }).click();
      assert.equal(await isLight(), false);
      await page.reload();
      await page.getByRole("button", { name: "Theme: dark" }).waitFor();
      assert.equal(await isLight(), false);
    }
  },
);

for (const width of [390, 320, 820]) {
  testPage(`fits a screen of ${width} pixels`, async (setting, browser) => {
    const { hub, url } = await setting.watched({
      title: "a-hub-with-a-name-".repeat(5),
      allowPublish: true,
    });
    const long = "a-long-word-without-an-end-".repeat(8);
    await using opened = await DashboardPage.open(browser, url, {
      viewport: { width, height: 844 },
    });
    await opened.isLive();
    await opened.tail(`order.placed:${long}`);
    const client = await setting.client(`${hub.url}/${long}`);
    client.dispatchEvent(createEvent("order.placed", long, { text: long }));
    await opened.page.locator("#tail pre").getByText(long).waitFor();
    await opened.page.locator("#topics").getByText(long).waitFor();
    await opened.page.locator("#connections").getByText(long).waitFor();
    assert.deepEqual(await opened.overflow(), []);
  });
}

testPage(
  "brings the tail into view when a topic is chosen",
  async (setting, browser) => {
    const { hub, url } = await setting.watched();
    for (const reducedMotion of ["no-preference", "reduce"] as const) {
      await using opened = await DashboardPage.open(browser, url, {
        viewport: { width: 1280, height: 800 },
        reducedMotion,
      });
      const { page } = opened;
      await opened.isLive();
      for (let n = 10; n < 30; n++) {
        hub.dispatchEvent(createEvent("order.placed", `${n}`, n));
      }
      const topic = page.getByRole("button", { name: "order.placed:10" });
      await topic.click();
      // A policy forbids what Playwright would wait with.
      await page.evaluate(`
        new Promise((resolve) => {
          const look = () => {
            const { top, bottom } = document.getElementById("tail")
              .getBoundingClientRect();
            if (top > 0 && bottom > top + 200 && bottom < innerHeight) {
              resolve();
            } else requestAnimationFrame(look);
          };
          look();
        })
      `);
      const focused = () =>
        page.evaluate<string>("document.activeElement.textContent");
      assert.equal(await page.evaluate("document.activeElement.id"), "tail");
      await page.keyboard.press("Escape");
      assert.equal(await focused(), "order.placed:10");
      await page.getByRole("button", { name: "Stop" }).click();
      assert.equal(
        await page.evaluate("document.activeElement.id"),
        "tail-topic",
      );
    }
  },
);

testPage("is as high as its rows, and stays so", async (setting, browser) => {
  const { hub, url } = await setting.watched();
  await using opened = await DashboardPage.open(browser, url);
  await opened.isLive();
  const table = opened.page.locator(".table").last();
  const rows = opened.page.locator("#connections tr");
  const height = async () => (await table.boundingBox())!.height;
  await opened.shows("Connections", "0");
  const clients = [];
  for (let n = 0; n < 8; n++) {
    clients.push(await setting.client(`${hub.url}/peer-${n}`));
  }
  await rows.nth(7).waitFor();
  const high = await height();
  assert(high > 8 * 24 && high < 10 * 30, `${high}`);
  await clients[0]!.close();
  await rows.nth(7).waitFor({ state: "detached" });
  assert(Math.abs(await height() - high) < 2, `${await height()} of ${high}`);
});

testPage(
  "is for the keyboard, and for those who hear it",
  async (setting, browser) => {
    const { hub, url } = await setting.watched({ allowPublish: true });
    await using opened = await DashboardPage.open(browser, url);
    const { page } = opened;
    await opened.isLive();
    hub.dispatchEvent(createEvent("order.placed", "1", 1));
    const topic = page.getByRole("button", { name: "order.placed:1" });
    await topic.waitFor();
    await page.getByText("Publish a test event").waitFor();
    // All that takes something has a name, and is come to by Tab.
    const names = new Set<string>();
    let last = "";
    for (let i = 0; i < 40 && last !== "Publish"; i++) {
      await page.keyboard.press("Tab");
      last = await page.evaluate<string>(`
      const one = document.activeElement;
      one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent.trim() ??
        document.getElementById(one.getAttribute("aria-labelledby"))
          ?.textContent ?? one.textContent.trim();
    `);
      assert.notEqual(last, "");
      names.add(last);
    }
    for (
      const name of [
        "◐ Theme: system",
        "order.placed:1",
        "By buffer",
        "Topic to tail",
        "Tail",
        "Type",
        "Id",
        "Payload, as JSON {}",
        "Publish",
      ]
    ) assert(names.has(name), `${name} is not among ${[...names].join(", ")}`);

    // What has the focus is not moved away below it.
    await topic.focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Shift+Tab");
    await page.getByText("order held").or(topic).first().waitFor();
    await page.keyboard.press("Enter");
    assert.equal(
      await page.getByLabel("Topic to tail").inputValue(),
      "order.placed:1",
    );
    // Regions and tables say what they are of.
    for (const name of ["Topics by rate", "Connections"]) {
      await page.getByRole("region", { name }).waitFor();
      await page.getByRole("table", { name }).waitFor();
    }
    assert.equal(
      await page.getByRole("img", { name: /per second/ }).count(),
      2,
    );
    assert.equal(await page.getByRole("status").first().textContent(), "Live");
  },
);
