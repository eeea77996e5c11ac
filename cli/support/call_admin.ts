import { isRecord } from "../../supabase/functions/_shared/platform/is_record.ts";
import { CommandError, type Terminal } from "./command.ts";
import type { Project } from "./project.ts";

/** A refusal of zoho-admin, in its own words; `code` is stable and has a page in docs/errors. */
export class AdminRefusal extends CommandError {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

type Answer = Record<string, unknown>;

/**
 * One call of zoho-admin, e.g. `callAdmin(terminal, project, "POST /watch", { action: "list" })`.
 * @returns the answer's body; one that says `success: false` without an error is an answer too
 * @throws AdminRefusal when it says no, CommandError when it cannot be reached
 */
export async function callAdmin(
  { fetch }: Pick<Terminal, "fetch">,
  { url, secretKey }: Project,
  route: string,
  body?: unknown,
): Promise<Answer> {
  const { response, text } = await ask(fetch, `${url}/functions/v1/zoho-admin`, secretKey, route, body);
  const answer = parseObject(text);
  if (answer === null) {
    const reason = response.status === 404
      ? "zoho-admin is not deployed: supabase functions deploy"
      : `zoho-admin answered ${response.status} and no JSON`;
    throw new AdminRefusal(response.status, `HTTP_${response.status}`, reason);
  }
  if (response.ok && !isRecord(answer.error)) return answer;
  throw refusal(response.status, answer);
}

/** The same for an answer in CSV. @throws AdminRefusal, CommandError */
export async function callAdminForText(
  { fetch }: Pick<Terminal, "fetch">,
  { url, secretKey }: Project,
  route: string,
): Promise<string> {
  const { response, text } = await ask(fetch, `${url}/functions/v1/zoho-admin`, secretKey, route);
  if (response.ok) return text;
  throw refusal(response.status, parseObject(text) ?? {});
}

async function ask(
  fetch: Terminal["fetch"],
  address: string,
  secretKey: string,
  route: string,
  body?: unknown,
): Promise<{ response: Response; text: string }> {
  const [method = "GET", path = "/"] = route.split(" ");
  let response: Response;
  try {
    response = await fetch(address + path, {
      method,
      headers: { apikey: secretKey, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    // The original error may quote the key of the header.
    throw new CommandError(
      `${
        new URL(address).origin
      } does not answer. Is SUPABASE_URL right?\n→ Compare it with Dashboard → Settings → Data API; a project that is paused is restored there`,
    );
  }
  try {
    return { response, text: await response.text() };
  } catch {
    throw new CommandError(`${new URL(address).origin} broke off its answer.\n→ Run the command again`);
  }
}

function refusal(status: number, answer: Answer): AdminRefusal {
  const error = isRecord(answer.error) ? answer.error : answer;
  const { code, message, field, hint } = error;
  if (status === 401 && code === undefined) {
    return new AdminRefusal(401, "HTTP_401", "The project refused SUPABASE_SECRET_KEY.");
  }
  const said = [
    typeof code === "string" ? code : `HTTP ${status}`,
    message,
    typeof field === "string" && !String(message).includes(field) ? `field ${field}` : undefined,
    hint,
  ];
  return new AdminRefusal(
    status,
    typeof code === "string" ? code : `HTTP_${status}`,
    said.filter((part) => typeof part === "string" && part !== "").join(": "),
  );
}

function parseObject(text: string): Answer | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : null;
  } catch {
    return null;
  }
}
