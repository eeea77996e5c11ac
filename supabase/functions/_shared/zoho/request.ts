export interface ZohoRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below /crm/{version}, e.g. "/Deals/upsert". */
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  /** Beside the token and the content type, e.g. If-Modified-Since. */
  headers?: Record<string, string>;
  /** The call's cost in credits (api-limits page); 1 by default. */
  credits?: number;
}

export interface ZohoResponse {
  status: number;
  /** Parsed JSON; null for 204 and 304. */
  body: unknown;
  /** A moment before Zoho read anything for this answer, in ms by its own clock; null if the answer has no date. */
  asOfMs?: number | null;
}
