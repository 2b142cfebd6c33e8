/** The look of the checkout page; it loads nothing from elsewhere. */
export const CHECKOUT_STYLE = `
:root { color-scheme: light dark; --ink: #1a1f36; --soft: #5b6478; --line: #d9dee8; --paper: #fff; --back: #f3f5f9; --act: #4f46e5; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef1f8; --soft: #a8b1c7; --line: #39415a; --paper: #1c2236; --back: #12172a; --act: #6d64f5; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--back); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 32rem; background: var(--paper); border: 1px solid var(--line); border-radius: 1rem; padding: 1.5rem; }
h1 { margin: 0 0 .5rem; font-size: 2rem; }
.badge { margin: 0 0 .5rem; color: var(--soft); font-size: .875rem; }
.items { list-style: none; margin: 0 0 1rem; padding: 0; border-top: 1px solid var(--line); }
.items li { display: flex; justify-content: space-between; gap: 1rem; padding: .6rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.items li span:last-child { white-space: nowrap; }
.items input { width: 5rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--soft); border-radius: .5rem; padding: .2rem .4rem; }
small { color: var(--soft); }
form > label, legend { display: block; margin-top: .75rem; font-weight: 600; margin-bottom: .25rem; padding: 0; }
input[type=email], input[type=text] { width: 100%; font: inherit; color: inherit; background: transparent; padding: .6rem .75rem; border: 1px solid var(--soft); border-radius: .5rem; }
fieldset { border: 0; margin: 1rem 0; padding: 0; }
.card { display: flex; flex-wrap: wrap; gap: 0 .6rem; align-items: baseline; padding: .3rem 0; }
.card small { margin-left: auto; }
button { display: block; width: 100%; font: inherit; font-weight: 600; padding: .75rem; margin-top: .6rem; border: 0; border-radius: .5rem; background: var(--act); color: #fff; cursor: pointer; }
button.quiet { background: transparent; color: var(--ink); border: 1px solid var(--soft); }
.enter { position: absolute; left: -99rem; width: 1px; }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
.alert { margin: 0 0 1rem; padding: .6rem .75rem; border-radius: .5rem; background: #fde8e8; color: #8c1d18; }
.ended { font-size: 1.125rem; }
a { color: inherit; }
`;
