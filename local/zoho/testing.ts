import { isObject, type Json, type JsonObject, parseJson } from "./core/json.ts";
import { startZoho, ZohoControl, type ZohoOptions } from "./mod.ts";

/** What came back for one call. */
export interface CallAnswer {
  status: number;
  headers: Headers;
  text: string;
  body: JsonObject;
  /** The items of `data[]`, `fields[]` or `watch[]`. */
  items: JsonObject[];
  /** The code of a refusal of the whole call, bare or wrapped. */
  code: Json | undefined;
}

export interface CallOptions {
  headers?: Record<string, string>;
  version?: string;
  token?: string | null;
}

/** A started simulator with a token in hand: what a test of the simulator itself starts from. */
export class TestZoho {
  readonly control: ZohoControl;
  readonly url: string;
  #token: string | undefined;

  constructor(url: string) {
    this.url = url;
    this.control = new ZohoControl(url);
  }

  async refresh(parameters: Record<string, string> = {}): Promise<CallAnswer> {
    const body = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: "1000.LOCALCLIENT",
      client_secret: "local-client-secret",
      refresh_token: "1000.local.refresh",
      ...parameters,
    });
    return await answered(await fetch(`${this.url}/oauth/v2/token`, { method: "POST", body }));
  }

  async token(): Promise<string> {
    this.#token ??= String((await this.refresh()).body.access_token);
    return this.#token;
  }

  forgetToken(): void {
    this.#token = undefined;
  }

  /** One call of the CRM API, e.g. `call("POST", "Deals", { data: [...] })`. */
  async call(method: string, path: string, body?: Json, options: CallOptions = {}): Promise<CallAnswer> {
    const token = options.token === undefined ? await this.token() : options.token;
    const headers: Record<string, string> = { ...options.headers };
    if (token !== null) headers.authorization ??= `Zoho-oauthtoken ${token}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    const address = path.startsWith("/") ? path : `/crm/${options.version ?? "v8"}/${path}`;
    const response = await fetch(this.url + address, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return await answered(response);
  }

  async coql(select_query: string): Promise<CallAnswer> {
    return await this.call("POST", "coql", { select_query });
  }

  /** Creates one record through the API and gives its id. */
  async insert(module: string, fields: JsonObject): Promise<string> {
    const { items, text } = await this.call("POST", module, { data: [fields] });
    const details = items[0]?.details;
    if (!isObject(details) || typeof details.id !== "string" || items[0]?.code !== "SUCCESS") {
      throw new Error(text);
    }
    return details.id;
  }
}

/** A Deal that the API takes as it is. */
export const goodDeal: JsonObject = { Deal_Name: "Fibre 100", Stage: "Qualification" };

/** A test body with its own simulator on a free port, stopped afterwards. */
export function withZoho(
  run: (zoho: TestZoho) => Promise<void>,
  options: ZohoOptions = {},
): () => Promise<void> {
  return async () => {
    const server = await startZoho({ ...options, port: 0 });
    try {
      await run(new TestZoho(server.url));
    } finally {
      await server.stop();
    }
  };
}

/** The details of an item; empty when it has none. */
export function detailsOf(item: JsonObject | undefined): JsonObject {
  return isObject(item?.details) ? item.details : {};
}

async function answered(response: Response): Promise<CallAnswer> {
  const text = await response.text();
  const parsed = parseJson(text);
  const body = isObject(parsed) ? parsed : {};
  const list = body.data ?? body.fields ?? body.watch ?? body.modules ?? [];
  const items = Array.isArray(list) ? list.filter(isObject) : [];
  const code = body.code ?? (items.length === 1 ? items[0]?.code : undefined);
  return { status: response.status, headers: response.headers, text, body, items, code };
}
