// Light or dark: as the system says, until the reader chooses; the choice is remembered.
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

export type Theme = 'light' | 'dark';

const key = 'galerkin-theme';
const systemDark = matchMedia('(prefers-color-scheme: dark)');

function chosenTheme(): Theme | undefined {
  try {
    const stored = localStorage.getItem(key);
    return stored === 'light' || stored === 'dark' ? stored : undefined;
  } catch {
    return undefined;
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Storage is blocked: the choice holds for this page only.
  }
}

/** The theme in force, and a toggle. */
export function useTheme(): [Theme, () => void] {
  const [chosen, choose] = useState(chosenTheme);
  const [dark, setDark] = useState(systemDark.matches);
  useEffect(() => {
    const follow = () => setDark(systemDark.matches);
    systemDark.addEventListener('change', follow);
    return () => systemDark.removeEventListener('change', follow);
  }, []);
  const theme = chosen ?? (dark ? 'dark' : 'light');
  // Before any effect below reads a colour.
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const toggle = () => {
    const next = theme === 'dark' ? 'light' : 'dark';
    remember(next);
    choose(next);
  };
  return [theme, toggle];
}
