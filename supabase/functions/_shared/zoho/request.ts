export interface ZohoRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below /crm/{version}, e.g. "/Deals/upsert". */
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  /** Beside the token and the content type, e.g. If-Modified-Since. */
  headers?: Record<string, string>;
  /** Bulk write has a path of its own, and files go to another host (upload-file page). */
  service?: "bulk" | "upload";
  /** An address that Zoho gave; followed only to Zoho's own hosts. The path is not used then. */
  url?: string;
  /** A file, instead of a body. */
  form?: FormData;
  /** "bytes": the answer is a file. */
  answer?: "bytes";
  /** What the call costs of the day's budget (api-limits page); 1 unless said. */
  credits?: number;
}

export interface ZohoResponse {
  status: number;
  /** Parsed JSON; null for 204 and 304; a Uint8Array where bytes were asked for. */
  body: unknown;
}
