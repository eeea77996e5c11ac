import { isObject, type JsonObject, parseJson } from "../../local/zoho/core/json.ts";
import { type TestZoho, withZoho } from "../../local/zoho/testing.ts";
import { until } from "./until.ts";

export interface ReceivedCall {
  text: string;
  body: JsonObject;
  headers: Headers;
}

/** A receiver of callbacks on a free port, to await them one by one; it answers 200 by default. */
export class Receiver {
  readonly received: ReceivedCall[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #wake: () => void = () => {};
  #status = 200;
  #held: Promise<void> | undefined;
  #release: () => void = () => {};

  constructor() {
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
      const text = await request.text();
      const body = parseJson(text);
      this.received.push({ text, body: isObject(body) ? body : {}, headers: request.headers });
      this.#wake();
      await this.#held;
      return new Response(null, { status: this.#status });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/hook?key=abc`;
  }

  answerWith(status: number): void {
    this.#status = status;
  }

  /** Takes what comes and answers nothing until the answers are released. */
  holdAnswers(): void {
    this.#held = new Promise((resolve) => this.#release = resolve);
  }

  releaseAnswers(): void {
    this.#held = undefined;
    this.#release();
  }

  async take(count: number): Promise<ReceivedCall[]> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#wake = resolve);
    return this.received.splice(0);
  }

  async stop(): Promise<void> {
    await this.#server.shutdown();
  }
}

/** A test body with a simulator and a receiver of its callbacks. */
export function withReceiver(
  run: (zoho: TestZoho, receiver: Receiver) => Promise<void>,
): () => Promise<void> {
  return withZoho(async (zoho) => {
    const receiver = new Receiver();
    try {
      await run(zoho, receiver);
    } finally {
      await receiver.stop();
    }
  });
}

/** A watch on all events of Deals. */
export const channel = (receiver: Receiver, more: JsonObject = {}): JsonObject => ({
  channel_id: "1000000068001",
  events: ["Deals.all"],
  notify_url: receiver.url,
  token: "circletel",
  return_affected_field_values: true,
  ...more,
});

export const subscribe = (zoho: TestZoho, watch: JsonObject) =>
  zoho.call("POST", "actions/watch", { watch: [watch] });

/** Waits until the simulator has done with so many deliveries, lost ones included. */
export async function deliveries(zoho: TestZoho, count: number) {
  return await until(async () => {
    const done = await zoho.control.deliveries();
    return done.length >= count && done;
  }, { what: `${count} deliveries`, everyMs: 5, seen: () => zoho.control.deliveries() });
}
