import type { ButtonHTMLAttributes } from "react";
import { Icon, type IconName } from "./icon.tsx";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "primary" | "danger" | "ghost";
  icon?: IconName;
  small?: boolean;
  /** Under way: it cannot be pressed a second time, and says so. */
  busy?: boolean;
}

export function Button({ kind, icon, small, busy, children, className, disabled, ...rest }: Props) {
  const classes = ["button", kind, small && "small", !children && "icon-only", className];
  return (
    <button
      type="button"
      className={classes.filter(Boolean).join(" ")}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : icon && <Icon name={icon} size={15} />}
      {children}
    </button>
  );
}
