/** A row of net.http_request_queue. */
export interface NetRequest {
  id: string;
  method: string;
  url: string;
  headers: Record<string, string> | null;
  body: Uint8Array | null;
  timeout_milliseconds: number;
}

/** A row of net._http_response. */
export interface NetResponse {
  id: string;
  status_code: number | null;
  content_type: string | null;
  headers: Record<string, string> | null;
  content: string | null;
  timed_out: boolean | null;
  error_msg: string | null;
}

/** Sends one request, once, and turns whatever happens into a row; never throws, unless `killed` fires. */
export async function sendOnce(request: NetRequest, killed: AbortSignal): Promise<NetResponse> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), request.timeout_milliseconds);
  const empty = { id: request.id, status_code: null, content_type: null, headers: null, content: null };
  try {
    const response = await fetch(request.url, {
      method: request.method.toUpperCase(),
      headers: { "user-agent": "pg_net/0.20.4", ...request.headers },
      body: request.body ? new Uint8Array(request.body) : undefined,
      redirect: "manual",
      signal: AbortSignal.any([timeout.signal, killed]),
    });
    return {
      id: request.id,
      status_code: response.status,
      content_type: response.headers.get("content-type"),
      headers: Object.fromEntries(response.headers),
      content: await response.text(),
      timed_out: false,
      error_msg: null,
    };
  } catch (error) {
    killed.throwIfAborted();
    if (timeout.signal.aborted) {
      const error_msg = `Timeout of ${request.timeout_milliseconds} ms reached.`;
      return { ...empty, timed_out: true, error_msg };
    }
    return { ...empty, timed_out: false, error_msg: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
