"""From results to what a person reads or keeps: text, one page of HTML, a bundle of files. No number is computed here."""
