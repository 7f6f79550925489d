// Two things that need a script: the language that somebody chose, and the password that he wants to see.
document.querySelectorAll('[data-sa-hook="language-switcher-item"]').forEach((item) => {
  item.addEventListener("click", (event) => {
    event.preventDefault();
    document.cookie = `${item.dataset.saCookieName}=${item.dataset.saLang}; path=/; max-age=31536000; samesite=lax`;
    window.location.reload();
  });
});
document.getElementById("toggle-password")?.addEventListener("click", (event) => {
  event.preventDefault();
  const password = document.getElementById("password");
  password.type = password.type === "password" ? "text" : "password";
  for (const eye of ["icon-eye", "icon-eye-off"]) document.getElementById(eye)?.classList.toggle("d-none");
});
