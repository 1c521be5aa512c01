// The page of a dashboard in a browser, and what is wrong with it.

import assert from "node:assert/strict";
import {
  type Browser,
  type BrowserContext,
  findChromium,
  openBrowser,
  type Page,
} from "./_browser.ts";
import { type DashboardSetting, testDashboard } from "./_dashboard.ts";

export const noBrowser = findChromium() === undefined;
if (noBrowser) {
  console.warn(
    "Skipping the tests of the dashboard's page: there is no Chromium",
  );
}

type ContextOptions = NonNullable<Parameters<Browser["newContext"]>[0]>;

/** A page that somebody looks at. */
export class DashboardPage implements AsyncDisposable {
  readonly page: Page;
  readonly #context: BrowserContext;
  /** What the console was told: what the policy blocks is there, too. */
  readonly #complaints: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on("console", (message) => {
      const text = message.text();
      // A socket that is refused, and a page that asks for the token.
      if (/WebSocket connection|status of 401/.test(text)) return;
      this.#complaints.push(text);
    });
    page.on("pageerror", (error) => this.#complaints.push(String(error)));
  }

  static async open(
    browser: Browser,
    url: string,
    options: ContextOptions = {},
  ): Promise<DashboardPage> {
    const context = await browser.newContext(options);
    const opened = new DashboardPage(context, await context.newPage());
    await opened.page.goto(url);
    return opened;
  }

  /** Resolves when the page is fed. */
  async isLive(): Promise<void> {
    await this.page.getByRole("status").getByText("Live", { exact: true })
      .waitFor();
  }

  /** Resolves when a big number reads so. */
  async shows(name: string, value: string): Promise<void> {
    await this.page.locator(".tile", { hasText: name })
      .getByText(value, { exact: true }).first().waitFor();
  }

  /** Tails a topic, as one types it. */
  async tail(topic: string): Promise<void> {
    await this.page.getByLabel("Topic to tail").fill(topic);
    await this.page.keyboard.press("Enter");
    await this.page.locator("#tail-state").getByText("0 shown").waitFor();
  }

  /** Elements by which the page is wider than what it is shown in. */
  overflow(): Promise<string[]> {
    return this.page.evaluate(`
      document.documentElement.scrollWidth <= innerWidth ? [] :
        Array.from(document.querySelectorAll("body *"))
          .filter((one) => one.getBoundingClientRect().right > innerWidth)
          .map((one) => one.outerHTML.slice(0, 80))
    `);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
    assert.deepEqual(this.#complaints, []);
  }
}

/** One test with a browser. */
export function testPage(
  name: string,
  fn: (setting: DashboardSetting, browser: Browser) => Promise<void>,
): void {
  testDashboard(`'s page ${name}`, async (setting) => {
    await using browser = await openBrowser();
    await fn(setting, browser);
  }, noBrowser);
}
