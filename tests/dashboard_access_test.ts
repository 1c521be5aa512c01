// Who may see a dashboard, and what its answers keep from others.

import assert from "node:assert/strict";
import { createDashboard, type DashboardRequestInfo } from "../dashboard.ts";
import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import { testDashboard } from "./_dashboard.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const LOCAL: DashboardRequestInfo = { remoteAddr: { hostname: "127.0.0.1" } };
const REMOTE: DashboardRequestInfo = { remoteAddr: { hostname: "192.0.2.7" } };
const TOKEN = "a-token-that-nobody-guesses";

/** Asks a dashboard of a hub, with no server between. */
async function ask(
  token: string | undefined,
  url: string,
  info: DashboardRequestInfo | undefined,
  init: RequestInit = {},
): Promise<Response> {
  await using hub = createWebSocketServerEventTarget();
  await using dashboard = createDashboard(hub, { token });
  return await dashboard.fetch(new Request(url, init), info);
}

async function textOf(response: Response, status: number): Promise<string> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  return text;
}

const refusals: [
  string,
  string,
  DashboardRequestInfo | undefined,
  HeadersInit,
  RegExp,
][] = [
  ["another machine", "http://localhost", REMOTE, {}, /not for 192\.0\.2\.7/],
  [
    "a machine nobody knows",
    "http://localhost",
    undefined,
    {},
    /needs a token/,
  ],
  [
    "a Unix socket, which proxies use",
    "http://localhost",
    { remoteAddr: { transport: "unix" } },
    {},
    /needs a token/,
  ],
  [
    "a name that leads here (DNS rebinding)",
    "http://evil.example:4281",
    LOCAL,
    {},
    /at localhost alone, not at evil\.example:4281/,
  ],
  [
    "a name that begins as ours",
    "http://localhost.evil.example",
    LOCAL,
    {},
    /at localhost alone/,
  ],
  [
    "a Host that is none",
    "http://localhost",
    LOCAL,
    { host: "a b" },
    /at localhost alone/,
  ],
  [
    "a proxy on this machine",
    "http://localhost",
    LOCAL,
    { "x-forwarded-for": "192.0.2.7" },
    /Behind a proxy/,
  ],
];

for (const [who, url, info, headers, message] of refusals) {
  for (const path of ["/", "/feed"]) {
    Deno.test(`without a token ${who} is refused at ${path}`, async () => {
      const response = await ask(undefined, url + path, info, { headers });
      assert.match(await textOf(response, 403), message);
    });
  }
}

for (
  const [url, hostname] of [
    ["http://localhost:4281", "127.0.0.1"],
    ["http://127.0.0.1:4281", "127.8.0.1"],
    ["http://[::1]:4281", "::1"],
    ["http://hub.localhost", "::ffff:127.0.0.1"],
  ]
) {
  Deno.test(`without a token ${hostname} may see ${url}`, async () => {
    const info = { remoteAddr: { hostname } };
    const response = await ask(undefined, `${url}/feed`, info);
    // It is let in, and told that a feed is no page.
    assert.match(await textOf(response, 426), /WebSocket/);
    const node = { incoming: { socket: { remoteAddress: hostname } } };
    await textOf(await ask(undefined, `${url}/feed`, node), 426);
    const bun = { requestIP: () => ({ address: hostname! }) };
    await textOf(await ask(undefined, `${url}/feed`, bun), 426);
  });
}

for (
  const origin of [
    "http://evil.example",
    "http://localhost:1",
    "https://localhost",
    "null",
    "nonsense",
  ]
) {
  Deno.test(`a page of ${origin} gets no feed`, async () => {
    const headers = { origin, authorization: `Bearer ${TOKEN}` };
    const url = "http://localhost:4281/feed";
    for (const token of [undefined, TOKEN]) {
      const response = await ask(token, url, LOCAL, { headers });
      assert.match(await textOf(response, 403), /not for one of/);
    }
  });
}

Deno.test("our own page gets the feed, behind TLS as well", async () => {
  for (
    const [origin, host] of [
      ["http://localhost:4281", "localhost:4281"],
      ["https://localhost", "localhost"],
      ["https://localhost", "localhost:443"],
    ]
  ) {
    const headers = { origin: origin!, host: host! };
    const url = `http://${host}/feed`;
    await textOf(await ask(undefined, url, LOCAL, { headers }), 426);
  }
});

Deno.test("a token lets in from anywhere, and nothing else does", async () => {
  const url = "http://hub.example/feed";
  const as = (authorization: string) =>
    ask(TOKEN, url, REMOTE, { headers: { authorization } });
  await textOf(await as(`Bearer ${TOKEN}`), 426);
  await textOf(await as(`bearer  ${TOKEN}`), 426);
  for (
    const wrong of [
      "Bearer",
      "Bearer wrong",
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(0, -1)}`,
      `Basic ${TOKEN}`,
      TOKEN,
    ]
  ) await textOf(await as(wrong), 401);
  // Nor does being local, without it.
  await textOf(await ask(TOKEN, "http://localhost/feed", LOCAL), 401);
  await textOf(await ask(TOKEN, `${url}?token=${TOKEN}`, REMOTE), 401);
  const cookie = `alkpubsub-000000000000=${TOKEN}`;
  await textOf(await ask(TOKEN, url, REMOTE, { headers: { cookie } }), 401);
});

Deno.test("a login becomes a cookie, and the token leaves the URL", async () => {
  const base = "https://hub.example/dashboard";
  const logins = [
    ask(TOKEN, `${base}?a=b&token=${TOKEN}`, REMOTE),
    ask(TOKEN, base, REMOTE, {
      method: "POST",
      headers: { origin: "https://hub.example" },
      body: new URLSearchParams({ token: TOKEN }),
    }),
  ];
  for (const [i, login] of logins.entries()) {
    const response = await login;
    await textOf(response, 303);
    assert.equal(response.headers.get("location"), ["?a=b", "?"][i]);
    const setting = response.headers.get("set-cookie")!;
    assert.match(
      setting,
      /^alkpubsub-[0-9a-f]{12}=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Secure$/,
    );
    assert(!setting.includes(TOKEN));
    const cookie = `other=1; ${setting.split(";")[0]}`;
    // It outlives the dashboard that gave it, for the same token.
    const headers = { cookie };
    await textOf(await ask(TOKEN, `${base}/feed`, REMOTE, { headers }), 426);
    const page = await ask(TOKEN, base, REMOTE, { headers });
    assert.match(await textOf(page, 200), /id="events-chart"/);
    await textOf(
      await ask("another", `${base}/feed`, REMOTE, { headers }),
      401,
    );
  }
});

Deno.test("a wrong login gets neither", async () => {
  const url = "http://hub.example/";
  const post = (body: string, headers: HeadersInit = {}) =>
    ask(TOKEN, url, REMOTE, { method: "POST", body, headers });
  const wrong = [
    ask(TOKEN, `${url}?token=wrong`, REMOTE),
    ask(TOKEN, `${url}?token=`, REMOTE),
    post("token=wrong"),
    post(""),
    post("\0"),
  ];
  for (const response of await Promise.all(wrong)) {
    assert.match(await textOf(response, 401), /This is not the token/);
    assert.equal(response.headers.get("set-cookie"), null);
  }
  const asked = await ask(TOKEN, url, REMOTE);
  const form = await textOf(asked, 401);
  assert(
    form.includes('<form method="post">') && !form.includes("not the token"),
  );
  const foreign = await post(`token=${TOKEN}`, {
    origin: "http://evil.example",
  });
  assert.match(await textOf(foreign, 403), /not for one of/);
  await textOf(await post(`token=${"x".repeat(5000)}`), 413);
});

Deno.test("every answer keeps to itself", async () => {
  const answers = [
    [200, ask(undefined, "http://localhost/", LOCAL)],
    [200, ask(undefined, "http://localhost/", LOCAL, { method: "HEAD" })],
    [401, ask(TOKEN, "http://localhost/", LOCAL)],
    [403, ask(undefined, "http://localhost/", REMOTE)],
    [404, ask(undefined, "http://localhost/favicon.ico", LOCAL)],
    [405, ask(undefined, "http://localhost/", LOCAL, { method: "POST" })],
    [405, ask(TOKEN, "http://localhost/", LOCAL, { method: "PUT" })],
    [426, ask(undefined, "http://localhost/feed", LOCAL)],
  ] as const;
  for (const [status, answer] of answers) {
    const response = await answer;
    await textOf(response, status);
    const { headers } = response;
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "same-origin");
    const policy = headers.get("content-security-policy")!;
    assert.match(policy, /^default-src 'none'; /);
    assert.match(policy, /frame-ancestors 'none'/);
    assert(!policy.includes("unsafe"), policy);
  }
});

testDashboard(
  "closes sockets that it is given and must not keep",
  async (setting) => {
    const hub = setting.bareHub();
    const dashboard = createDashboard(hub);
    setting.defer(() => dashboard.close());
    const { url } = await setting.server((socket, path) => {
      const remoteAddress = path.slice(1) || undefined;
      const request = {
        headers: { host: "localhost" },
        socket: { remoteAddress },
      };
      dashboard.addConnection(socket, request);
    });
    for (const address of ["192.0.2.7", ""]) {
      const peer = await setting.rawPeer(`${url}/${address}`);
      assert.equal((await peer.closed())?.code, 1008);
    }
    const { state } = await setting.client(`${url}/127.0.0.1`);
    assert.equal(state, "open");
  },
);

Deno.test("a dashboard gives Prometheus its metrics, and nobody else", async () => {
  const url = "http://localhost/metrics";
  const local = await textOf(await ask(undefined, url, LOCAL), 200);
  assert.match(local, /^alkpubsub_connections\{target="hub"\} 0$/m);
  await textOf(await ask(undefined, url, REMOTE), 403);
  await textOf(await ask(TOKEN, url, LOCAL), 401);
  const headers = { authorization: `Bearer ${TOKEN}` };
  await textOf(await ask(TOKEN, url, REMOTE, { headers }), 200);
  const post = await ask(undefined, url, LOCAL, { method: "POST" });
  await textOf(post, 405);
});
