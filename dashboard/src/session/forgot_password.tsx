import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { Gate } from "../shell/gate.tsx";
import { supabase } from "../supabase.ts";
import { Button } from "../ui/button.tsx";

/** Asks for a mail with a link. The answer is the same for every address: a page must not tell which ones exist. */
export function ForgotPassword({ onBack }: { onBack: () => void }) {
  const [said, setSaid] = useState<{ text: string; tone: "good" | "bad" } | null>(null);
  const [busy, setBusy] = useState(false);
  const email = useRef<HTMLInputElement>(null);
  useEffect(() => email.current?.focus(), []);

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    setBusy(true);
    const { error } = await supabase().auth.resetPasswordForEmail(email.current?.value.trim() ?? "", {
      redirectTo: `${location.origin}${location.pathname}`,
    });
    setBusy(false);
    setSaid(
      error?.status === 429
        ? { text: "Too many tries. Wait a minute and try again.", tone: "bad" }
        : error && !error.status
        ? {
          text: "The project could not be reached. Check your connection and try again.",
          tone: "bad",
        }
        : {
          text: "If the address belongs to an account, a mail with a link is on its way.",
          tone: "good",
        },
    );
  }

  return (
    <Gate title="Reset the password">
      <form onSubmit={submit} aria-busy={busy}>
        <div className="field">
          <label htmlFor="reset-email">E-mail</label>
          <input
            ref={email}
            className="input"
            id="reset-email"
            type="email"
            autoComplete="username"
            required
          />
        </div>
        <div role="status">{said && <p className={`note ${said.tone}`}>{said.text}</p>}</div>
        <Button kind="primary" type="submit" busy={busy}>
          Send the link
        </Button>
        <Button kind="ghost" onClick={onBack}>
          Back to sign-in
        </Button>
      </form>
    </Gate>
  );
}
