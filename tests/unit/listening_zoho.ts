import type { Settings } from "../../supabase/functions/_shared/platform/engine_settings.ts";
import { createZohoClient, type ZohoClient } from "../../supabase/functions/_shared/zoho/client.ts";
import type { AccessToken, TokenSource } from "../../supabase/functions/_shared/zoho/token.ts";
import { goodSettings } from "../support/samples/settings.ts";

/** One request as Zoho would have seen it. */
export interface Heard {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Headers;
  body: unknown;
}

/** The COQL query of a request; empty where it has none. */
export function coqlOf(heard: Heard | undefined): string {
  const body = heard?.body;
  return typeof body === "object" && body !== null && "select_query" in body ? String(body.select_query) : "";
}

type Answer = (heard: Heard, nth: number) => Response | Promise<Response>;

/** A local HTTP server in Zoho's place: it keeps what it heard and answers what the test says. */
export class ListeningZoho implements AsyncDisposable {
  readonly heard: Heard[] = [];
  readonly #stop = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(answer: Answer) {
    const options = {
      hostname: "127.0.0.1",
      port: 0,
      signal: this.#stop.signal,
      onListen: () => {},
      // A body that breaks off is a test's intention, not news.
      onError: () => new Response(null, { status: 500 }),
    };
    this.#server = Deno.serve(options, async (request) => {
      const url = new URL(request.url);
      const text = await request.text();
      const heard: Heard = {
        method: request.method,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: request.headers,
        body: text === "" ? null : JSON.parse(text),
      };
      this.heard.push(heard);
      return await answer(heard, this.heard.length);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#server.finished;
  }
}

export const firstToken = "1000.firstfirstfirst.tokentokentoken";
export const secondToken = "1000.secondsecondsecond.tokentokentoken";

/** Returns the first token, and the second to a caller whose first was refused. */
export class TwoTokens implements TokenSource {
  readonly refused: (string | null)[] = [];
  constructor(readonly apiDomain: string | null = null, readonly first = firstToken) {}

  get(refused?: AccessToken): Promise<AccessToken> {
    this.refused.push(refused?.value ?? null);
    return Promise.resolve({
      value: refused ? secondToken : this.first,
      version: refused ? 2 : 1,
      expiresAtMs: Number.MAX_SAFE_INTEGER,
      apiDomain: this.apiDomain,
    });
  }
}

/** The real client, speaking to the listening Zoho. */
export function clientOf(
  zoho: ListeningZoho,
  values: Partial<Settings> = {},
  tokens: TokenSource = new TwoTokens(),
): ZohoClient {
  return createZohoClient({ settings: goodSettings({ apiUrl: zoho.url, ...values }), tokens, fetch });
}
