// Tells people who cannot see the change; #announcements is in base.html.

export function announce(sentence) {
  const region = document.getElementById("announcements");
  if (region) region.textContent = sentence;
}
