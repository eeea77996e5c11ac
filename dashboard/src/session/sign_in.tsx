import { type SubmitEvent, useEffect, useRef, useState } from "react";
import { ForgotPassword } from "./forgot_password.tsx";
import { Gate } from "../shell/gate.tsx";
import { supabase } from "../supabase.ts";
import { Button } from "../ui/button.tsx";

/** `refusal` is why the link of a reset mail was not taken. */
export function SignIn({ project, refusal }: { project: string; refusal: string | null }) {
  const [fault, setFault] = useState(refusal);
  const [hasForgotten, setForgotten] = useState(false);
  const [busy, setBusy] = useState(false);
  const email = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = "Sign in · Zoho sync";
    email.current?.focus();
  }, []);

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFault(null);
    const { error } = await supabase().auth.signInWithPassword({
      email: textOf(form.get("email")).trim(),
      password: textOf(form.get("password")),
    });
    setBusy(false);
    if (error) setFault(explain(error.status, error.message));
  }

  if (hasForgotten) {
    return <ForgotPassword onBack={() => setForgotten(false)} />;
  }
  return (
    <Gate title="Sign in">
      <p className="light">{`Admins of ${project}`}</p>
      <form onSubmit={submit} aria-busy={busy}>
        <div className="field">
          <label htmlFor="email">E-mail</label>
          <input
            ref={email}
            className="input"
            id="email"
            name="email"
            type="email"
            autoComplete="username"
            required
          />
        </div>
        <div className="field">
          <label htmlFor="password">Password</label>
          <input
            className="input"
            id="password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
        </div>
        <div role="alert">{fault && <p className="note bad">{fault}</p>}</div>
        <Button kind="primary" type="submit" busy={busy}>
          Sign in
        </Button>
        <Button kind="ghost" onClick={() => setForgotten(true)}>
          Forgot the password?
        </Button>
      </form>
    </Gate>
  );
}

function textOf(value: FormDataEntryValue | null): string {
  return typeof value === "string" ? value : "";
}

/** The same words for an unknown address and a wrong password: a page must not tell which addresses exist. */
function explain(status: number | undefined, message: string): string {
  if (status === 400 || status === 401) {
    return "The e-mail or the password is wrong.";
  }
  if (status === 429) return "Too many tries. Wait a minute and try again.";
  if (!status) {
    return "The project could not be reached. Check your connection and try again.";
  }
  return message;
}
