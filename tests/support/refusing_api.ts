/** What the Data API answers instead of carrying out a call. */
export interface ApiRefusal {
  status: number;
  body?: unknown;
}

/** What the platform's own Data API says in passing: a token that seems to come from the future, no connection, a gateway. */
export const passingRefusals: Record<string, ApiRefusal> = {
  "401 PGRST303": {
    status: 401,
    body: { code: "PGRST303", message: "JWT issued at future", details: null, hint: null },
  },
  "503 PGRST001": {
    status: 503,
    body: {
      code: "PGRST001",
      message: "Database client error. Retrying the connection.",
      details: null,
      hint: null,
    },
  },
  "504 without JSON": { status: 504 },
};

export interface RefusingApi extends Disposable {
  /** For SUPABASE_URL of the functions that are to be refused. */
  readonly url: string;
  /** Where what is not refused goes. */
  connect(apiUrl: string): void;
  /** Refuses the next so many calls of an SQL function. */
  refuse(sqlFunction: string, refusal: ApiRefusal, times: number): void;
  /** How many of them are left. */
  left(): number;
}

/** The stack's gateway as a function sees it, with a Data API that refuses calls when a test asks for it. */
export function refusingApi(): RefusingApi {
  let target = "";
  let asked: { path: string; refusal: ApiRefusal; times: number } | undefined;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const body = await request.arrayBuffer();
    if (asked && asked.times > 0 && pathname === asked.path) {
      asked.times--;
      const { status, body: said } = asked.refusal;
      return said === undefined
        ? new Response("<h1>Gateway</h1>", { status })
        : Response.json(said, { status });
    }
    const { method, headers } = request;
    return await fetch(target + pathname + search, {
      method,
      headers,
      ...(body.byteLength > 0 ? { body } : {}),
    });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    connect: (apiUrl) => void (target = apiUrl),
    refuse(sqlFunction, refusal, times) {
      asked = { path: `/rest/v1/rpc/${sqlFunction}`, refusal, times };
    },
    left: () => asked?.times ?? 0,
    [Symbol.dispose]: () => void server.shutdown(),
  };
}
