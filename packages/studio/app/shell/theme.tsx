/** @file Light, dark, or as the system has it; remembered by this browser. */
import { useEffect, useState } from "react";

const themes = ["system", "light", "dark"] as const;
type Theme = (typeof themes)[number];

const key = "sei-studio-theme";

function remembered(): Theme {
  const value = localStorage.getItem(key);
  return themes.find((one) => one === value) ?? "system";
}

export function ThemeChoice() {
  const [theme, setTheme] = useState(remembered);
  useEffect(() => {
    localStorage.setItem(key, theme);
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  return (
    <label className="theme">
      <span className="hidden">Colours</span>
      <select value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
        <option value="system">Auto</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}
