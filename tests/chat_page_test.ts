// The page of examples/chat in a browser; somebody else is there with the
// library alone.

import assert from "node:assert/strict";
import { type Browser, findChromium, openBrowser } from "./_browser.ts";
import { ClientGuest, PageGuest } from "./_chat_guests.ts";
import { type ChatServer, testChat } from "./_chat_processes.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const noBrowser = findChromium() === undefined;
if (noBrowser) {
  console.warn("Skipping the tests of the chat's page: there is no Chromium");
}

function testPage(
  name: string,
  fn: (
    browser: Browser,
    server: ChatServer,
    restart: () => Promise<ChatServer>,
  ) => Promise<void>,
): void {
  testChat(`the page ${name}`, async (server, restart) => {
    await using browser = await openBrowser();
    await fn(browser, server, restart);
  }, noBrowser);
}

testPage("shows hostile HTML as text", async (browser, server) => {
  await using ben = await PageGuest.join(browser, server, "Ben");
  const html = `<img src=x onerror="document.title = 'hacked'"><b>bold</b>`;
  const name = "<i>Ada</i>";
  await using ada = await ClientGuest.join(server, name);
  await ada.say(html);
  await ben.hears(`${name}: ${html}`);
  await ben.sees("Ben", name);
  assert.equal(await ben.page.locator("main :is(img, b, i)").count(), 0);
  assert.equal(await ben.page.locator("#people :is(img, b, i)").count(), 0);
  assert.equal(await ben.page.title(), "#lobby – Chat");
});

testPage("says how the connection is", async (browser, server, restart) => {
  await using ben = await PageGuest.join(browser, server, "Ben");
  const { page } = ben;
  const notice = page.getByRole("alert");
  assert.equal(await page.getByRole("status").textContent(), "Online");
  assert.equal(await notice.count(), 0);
  // Its clock stands still: it comes back when it is told to, not by itself.
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);

  await server.stop();
  await ben.knows("Reconnecting");
  await notice.getByText("What you write is sent").waitFor();
  await ben.say("see you later");
  const waiting = page.locator("#log > .waits");
  await waiting.getByText("see you later").waitFor();

  await restart();
  assert.equal(await page.getByRole("status").textContent(), "Reconnecting");
  await notice.getByRole("button", { name: "Try now" }).click();
  await ben.knows("Online");
  await notice.waitFor({ state: "hidden" });
  await waiting.waitFor({ state: "detached" });
  assert.deepEqual(await ben.shown(), ["Ben: see you later"]);
});

testPage("is in the room of its address", async (browser, server) => {
  await using ada = await ClientGuest.join(server, "Ada");
  await using ben = await PageGuest.join(browser, server, "Ben");
  const { page } = ben;
  await ben.say("in the lobby");
  await ada.hears("Ben: in the lobby");
  await page.getByRole("link", { name: "random" }).click();
  assert.match(page.url(), /#random$/);
  await ada.sees("Ada");
  assert.deepEqual(await ben.shown(), []);
  await page.getByLabel("Another room").fill("kitchen");
  await page.keyboard.press("Enter");
  await ben.say("hungry?");
  ada.chat.join("kitchen");
  await ada.hears("Ben: hungry?");
  await page.goBack();
  await page.goBack();
  await ben.hears("Ben: in the lobby");
  assert.deepEqual(await ben.shown(), ["Ben: in the lobby"]);
});

testPage("knows its visitor after a reload", async (browser, server) => {
  await using ada = await ClientGuest.join(server, "Ada");
  await using ben = await PageGuest.join(browser, server, "Ben");
  const { page } = ben;
  await ben.say("two\nlines");
  await ada.hears("Ben: two\nlines");
  await page.reload();
  await ben.hears("Ben: two\nlines");
  assert.equal(await page.locator("#log > .mine").count(), 1);
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Your name").fill("Benjamin");
  await page.keyboard.press("Enter");
  await Promise.all([ada, ben].map((guest) => guest.sees("Ada", "Benjamin")));
  // Whoever gives up has the name he had.
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Your name").fill("Nobody");
  await page.keyboard.press("Escape");
  await page.reload();
  await ben.knows("Online");
  await Promise.all([ada, ben].map((guest) => guest.sees("Ada", "Benjamin")));
});

testPage(
  "leaves who reads what was said before in peace",
  async (browser, server) => {
    await using ada = await ClientGuest.join(server, "Ada");
    for (let i = 0; i < 40; i++) await ada.say(`no. ${i}`);
    await using ben = await PageGuest.join(browser, server, "Ben");
    const { page } = ben;
    await ben.hears("Ada: no. 39");
    const log = page.getByRole("log", { name: "Messages" });
    const top = () => log.evaluate(({ scrollTop }) => scrollTop);
    assert.ok(await top() > 0, "the newest message is in sight");
    const newest = page.getByRole("button", { name: "New messages" });
    await log.press("Home");
    await page.waitForFunction(
      (element) => element?.scrollTop === 0,
      await log.elementHandle(),
    );
    await ada.say("the newest");
    await newest.waitFor();
    assert.equal(await top(), 0);
    await newest.click();
    await newest.waitFor({ state: "hidden" });
    assert.ok(await top() > 0);
  },
);
