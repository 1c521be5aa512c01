import assert from "node:assert/strict";
import { backoffDelay, reconnectOptions } from "../_backoff.ts";
import {
  milliseconds,
  oneOf,
  optionalFunction,
  positiveCount,
  positiveInteger,
} from "../_options.ts";

const MAX_TIMER_MS = 2 ** 31 - 1;

/** Values that are no number, and how a message shows them. */
const NO_NUMBERS: [value: unknown, shown: string][] = [
  ["5", '"5"'],
  ["", '""'],
  [undefined, "undefined"],
  [null, "null"],
  [true, "true"],
  [5n, "5"],
  [{}, "an object"],
  [() => 5, "a function"],
];

const refusesNumbers = (check: (name: string, value: unknown) => unknown) => {
  for (const [value, shown] of NO_NUMBERS) {
    assert.throws(() => check("someOption", value), {
      name: "TypeError",
      message: `Cannot use someOption: ${shown} is not a number`,
    });
  }
};

Deno.test("positiveInteger gives back whole numbers from 1 to its max", () => {
  for (const value of [1, 2, 1000, Number.MAX_SAFE_INTEGER]) {
    assert.equal(positiveInteger("someOption", value), value);
  }
  assert.equal(positiveInteger("someOption", 5, 5), 5);
});

Deno.test("positiveInteger refuses other numbers, and names them", () => {
  for (const value of [0, -0, -1, 0.5, 1.5, NaN, Infinity, -Infinity, 6]) {
    assert.throws(() => positiveInteger("someOption", value, 5), {
      name: "RangeError",
      message:
        `Cannot use someOption: ${value} is not a whole number from 1 to 5`,
    });
  }
  assert.throws(() => positiveInteger("someOption", 2 ** 53), {
    name: "RangeError",
    message: `Cannot use someOption: ${
      2 ** 53
    } is not a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`,
  });
});

Deno.test("positiveInteger refuses what is no number, and names it", () => {
  refusesNumbers(positiveInteger);
});

Deno.test("positiveCount takes whole numbers from 1 and Infinity", () => {
  for (const value of [1, 7, Number.MAX_SAFE_INTEGER, Infinity]) {
    assert.equal(positiveCount("someOption", value), value);
  }
});

Deno.test("positiveCount refuses other numbers, and names them", () => {
  for (const value of [0, -1, 1.5, NaN, -Infinity]) {
    assert.throws(() => positiveCount("someOption", value), {
      name: "RangeError",
      message: new RegExp(
        `^Cannot use someOption: ${value} is not a whole number from 1 `,
      ),
    });
  }
  refusesNumbers(positiveCount);
});

Deno.test("milliseconds takes what a timer can wait", () => {
  for (const value of [0, 0.5, 1, 250, MAX_TIMER_MS]) {
    assert.equal(milliseconds("someOption", value), value);
  }
  assert.equal(milliseconds("someOption", 7, 7), 7);
});

Deno.test("milliseconds refuses other numbers, and names them", () => {
  const cases: [value: number, min: number][] = [
    [-1, 0],
    [-0.001, 0],
    [NaN, 0],
    [Infinity, 0],
    [MAX_TIMER_MS + 1, 0],
    [6, 7],
  ];
  for (const [value, min] of cases) {
    assert.throws(() => milliseconds("someOption", value, min), {
      name: "RangeError",
      message:
        `Cannot use someOption: ${value} is not from ${min} to ${MAX_TIMER_MS} milliseconds`,
    });
  }
  refusesNumbers(milliseconds);
});

Deno.test("optionalFunction gives back functions and undefined", () => {
  const callback = () => {};
  assert.equal(optionalFunction("someOption", callback), callback);
  assert.equal(optionalFunction("someOption", undefined), undefined);
});

Deno.test("optionalFunction refuses anything else, and names it", () => {
  for (
    const [value, shown] of [[5, "5"], ["a", '"a"'], [{}, "an object"], [
      null,
      "null",
    ]]
  ) {
    assert.throws(() => optionalFunction("someOption", value), {
      name: "TypeError",
      message: `Cannot use someOption: ${shown} is not a function`,
    });
  }
});

Deno.test("oneOf gives back what is allowed and names what is not", () => {
  assert.equal(oneOf("someOption", "queue", ["queue", "throw"]), "queue");
  for (
    const [value, shown] of [
      ["drop", '"drop"'],
      ["", '""'],
      [undefined, "undefined"],
      [null, "null"],
      [5, "5"],
    ]
  ) {
    assert.throws(
      () => oneOf<unknown>("someOption", value, ["queue", "throw"]),
      {
        name: "TypeError",
        message:
          `Cannot use someOption: ${shown} is not one of "queue", "throw"`,
      },
    );
  }
});

Deno.test("oneOf names values that JSON cannot say", () => {
  for (const value of [5n, Symbol("five"), () => {}]) {
    assert.throws(() => oneOf<unknown>("someOption", value, ["queue"]), {
      name: "TypeError",
      message: /^Cannot use someOption: .+ is not one of "queue"$/,
    });
  }
});

Deno.test("reconnectOptions has the defaults of the contract", () => {
  const defaults = { minDelay: 250, maxDelay: 20_000, maxAttempts: Infinity };
  for (
    const options of [undefined, {}, {
      minDelay: undefined,
      maxDelay: undefined,
      maxAttempts: undefined,
    }]
  ) {
    assert.deepEqual(reconnectOptions(options), defaults);
  }
});

Deno.test("reconnectOptions makes no attempt on false", () => {
  assert.equal(reconnectOptions(false).maxAttempts, 0);
});

Deno.test("reconnectOptions takes what is in range", () => {
  const options = { minDelay: 0, maxDelay: 0, maxAttempts: 3 };
  assert.deepEqual(reconnectOptions(options), options);
  assert.deepEqual(reconnectOptions({ minDelay: 30_000 }), {
    minDelay: 30_000,
    maxDelay: 30_000,
    maxAttempts: Infinity,
  });
});

Deno.test("reconnectOptions refuses what is out of range, and names it", () => {
  const cases: [options: Record<string, number>, message: string][] = [
    [
      { minDelay: -1 },
      `Cannot use minDelay: -1 is not from 0 to ${MAX_TIMER_MS} milliseconds`,
    ],
    [
      { minDelay: 100, maxDelay: 99 },
      `Cannot use maxDelay: 99 is not from 100 to ${MAX_TIMER_MS} milliseconds`,
    ],
    [
      { maxDelay: 249 },
      `Cannot use maxDelay: 249 is not from 250 to ${MAX_TIMER_MS} milliseconds`,
    ],
    [
      { maxDelay: 2 ** 31 },
      `Cannot use maxDelay: ${
        2 ** 31
      } is not from 250 to ${MAX_TIMER_MS} milliseconds`,
    ],
    [
      { maxAttempts: 0 },
      `Cannot use maxAttempts: 0 is not a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`,
    ],
    [
      { maxAttempts: NaN },
      `Cannot use maxAttempts: NaN is not a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`,
    ],
  ];
  for (const [options, message] of cases) {
    assert.throws(() => reconnectOptions(options), {
      name: "RangeError",
      message,
    });
  }
  const text = "1" as unknown as number;
  for (const name of ["minDelay", "maxDelay", "maxAttempts"]) {
    assert.throws(() => reconnectOptions({ [name]: text }), {
      name: "TypeError",
      message: `Cannot use ${name}: "1" is not a number`,
    });
  }
});

Deno.test("reconnectOptions refuses what is no options", () => {
  for (const options of [true, "fast", 250]) {
    assert.throws(
      () => reconnectOptions(options as unknown as false),
      { name: "TypeError", message: /^Cannot use reconnect: / },
    );
  }
});

const DELAYS = reconnectOptions({ minDelay: 100, maxDelay: 3000 });

Deno.test("backoffDelay stays within a spread that doubles up to maxDelay", () => {
  for (let attempt = 1; attempt <= 12; attempt++) {
    const spread = Math.min(3000, 100 * 2 ** (attempt - 1));
    let longest = 0;
    let shortest = Infinity;
    for (let i = 0; i < 1000; i++) {
      const delay = backoffDelay(attempt, DELAYS);
      longest = Math.max(longest, delay);
      shortest = Math.min(shortest, delay);
    }
    assert.ok(shortest >= 0 && longest <= spread, `attempt ${attempt}`);
    // Full jitter: a thousand draws miss a quarter once in 10 ** 125 runs.
    assert.ok(longest > spread * 0.75, `attempt ${attempt}: up to ${longest}`);
    assert.ok(shortest < spread * 0.25, `attempt ${attempt}: from ${shortest}`);
  }
});

Deno.test("backoffDelay is finite for any attempt", () => {
  for (const attempt of [53, 100, 1024, 1e6, Number.MAX_SAFE_INTEGER]) {
    for (const options of [DELAYS, reconnectOptions(undefined)]) {
      const delay = backoffDelay(attempt, options);
      assert.ok(
        delay >= 0 && delay <= options.maxDelay,
        `${attempt}: ${delay}`,
      );
    }
  }
});

Deno.test("backoffDelay is 0 where both delays are", () => {
  for (const attempt of [1, 2, 100, 1e9]) {
    assert.equal(backoffDelay(attempt, { minDelay: 0, maxDelay: 0 }), 0);
  }
});
