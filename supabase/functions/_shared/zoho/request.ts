export interface ZohoRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below /crm/{version}, e.g. "/Deals/upsert". */
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  /** Beside the token and the content type, e.g. If-Modified-Since. */
  headers?: Record<string, string>;
  /** What the call costs of the day's budget (api-limits page); 1 unless said. */
  credits?: number;
}

export interface ZohoResponse {
  status: number;
  /** Parsed JSON; null for 204 and 304. */
  body: unknown;
  /** A moment before Zoho read anything for this answer, in ms by its own clock; null where it did not say. */
  asOfMs?: number | null;
}
