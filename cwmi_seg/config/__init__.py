"""From words to objects: where configs lie, what they may say and name, and the one line that a mistake becomes."""
