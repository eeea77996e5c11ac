/** The one shape of a refusal: a stable code, a sentence, and the field when a field is to blame. */
export interface Refusal {
  code: string;
  message: string;
  field?: string;
  hint?: string;
}

export function answer(body: unknown, status = 200): Response {
  return Response.json(body, { status });
}

export function refuse(status: number, refusal: Refusal): Response {
  return Response.json({ success: false, error: refusal }, { status });
}

/** A body that is not JSON, too long, or not of the expected form. */
export class BadRequestError extends Error {
  override readonly name = "BadRequestError";
  constructor(readonly status: number, readonly refusal: Refusal) {
    super(refusal.message);
  }
}

/**
 * The same request with its body cut after `longest` bytes plus one, which is enough to refuse it as too long. The rest
 * is read and discarded for a while, because Deno 2.1 breaks the connection of a client that is still sending when the
 * answer comes.
 *
 * @throws BadRequestError 400 for a body that breaks off
 */
export async function boundBody(request: Request, longest: number): Promise<Request> {
  if (!request.body) return request;
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of request.body) {
      if (length <= longest) pieces.push(piece);
      length += piece.length;
      if (length > longest + longestThrownAway) break;
    }
  } catch {
    throw new BadRequestError(400, { code: "BODY_BROKEN_OFF", message: "The body broke off", field: "body" });
  }
  const body = new Blob(pieces as Uint8Array<ArrayBuffer>[]).slice(0, longest + 1);
  return new Request(request.url, { method: request.method, headers: request.headers, body });
}

const longestThrownAway = 8 * 1024 * 1024;

/** An empty body is an empty object: pg_net and `functions.invoke` send none when they have nothing to say. */
export async function readJson(request: Request, longest = 64 * 1024): Promise<unknown> {
  const text = await request.text();
  if (text.length > longest) {
    throw new BadRequestError(413, {
      code: "BODY_TOO_LONG",
      message: `The body is over ${longest} characters`,
    });
  }
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new BadRequestError(400, { code: "INVALID_JSON", message: "The body is not JSON", field: "body" });
  }
}
