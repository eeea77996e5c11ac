import { useState } from "react";
import { Button } from "../ui/button.tsx";
import { chooseTheme, currentTheme, type Theme } from "./theme.ts";

export function ThemeToggle() {
  const [theme, setTheme] = useState<Theme>(currentTheme);
  const other: Theme = theme === "dark" ? "light" : "dark";
  return (
    <Button
      kind="ghost"
      icon={theme === "dark" ? "sun" : "moon"}
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={() => {
        chooseTheme(other);
        setTheme(other);
      }}
    />
  );
}
