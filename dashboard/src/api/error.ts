/** The one shape of a refusal; see supabase/functions/_shared/platform/http.ts. */
export interface ShownRefusal {
  code: string;
  message: string;
  field?: string;
  hint?: string;
}

export class ApiError extends Error {
  override readonly name = "ApiError";
  /** `status` is 0 when there was no answer. */
  constructor(
    readonly status: number,
    readonly refusal: ShownRefusal,
  ) {
    super(refusal.message);
  }
}

/** No answer: the network, or the project, is away. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 503);
}

/** What to tell a person about any fault. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof ApiError)) {
    return error instanceof Error ? error.message : "An unexpected fault";
  }
  const { message, hint } = error.refusal;
  return hint ? `${message}. ${hint}` : message;
}

export function readRefusal(body: unknown): ShownRefusal {
  const unknown = { code: "UNKNOWN", message: "The answer could not be read" };
  if (!isRecord(body) || !isRecord(body.error)) return unknown;
  const { code, message, field, hint } = body.error;
  if (typeof code !== "string" || typeof message !== "string") return unknown;
  return {
    code,
    message,
    ...(typeof field === "string" && { field }),
    ...(typeof hint === "string" && { hint }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
