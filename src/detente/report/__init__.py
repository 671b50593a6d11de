"""From results to what a person reads or keeps: text, one page of HTML, a bundle. No number is computed here."""
