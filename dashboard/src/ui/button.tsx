import type { ButtonHTMLAttributes } from "react";
import { Icon, type IconName } from "./icon.tsx";
import { useReadOnlyReason } from "./may_act.ts";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "primary" | "danger" | "ghost";
  icon?: IconName;
  small?: boolean;
  /** Under way: it cannot be pressed a second time, and says so. */
  busy?: boolean;
  /** It changes something, so a read-only role cannot press it and sees why. */
  acts?: boolean;
}

export function Button({ kind, icon, small, busy, acts, children, className, disabled, ...rest }: Props) {
  const readOnly = useReadOnlyReason();
  const refusal = acts ? readOnly : undefined;
  const classes = ["button", kind, small && "small", !children && "icon-only", className];
  return (
    <button
      type="button"
      className={classes.filter(Boolean).join(" ")}
      disabled={disabled || busy || refusal !== undefined}
      aria-busy={busy || undefined}
      title={refusal}
      {...rest}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : icon && <Icon name={icon} size={15} />}
      {children}
    </button>
  );
}
