"""What waits for the person's own hand unless the configuration says otherwise.

Regular expressions for one line of text in which case does not count. They are for what cannot be
undone: files, history, data and machines that are gone. A false alarm costs a tap of the key, so
plain words alone are seldom enough. Nobody who means harm is held up by a list: that a write waits
after text from a screen does not depend on it.
"""

DANGEROUS = (
    r"\brm\s(?:.*\s)?-(?:-recursive|-force|\w*[rf])",
    r"\bfind\s.*\s-(?:delete|exec\s+(?:rm|shred))\b",
    r"\bshred\s+[-/~.]",
    r"\btruncate\s+(?:-s|--size|table)\b",
    r"\bmv\s.*\s/dev/null\b",
    r"\b(?:chmod|chown|chgrp)\s.*(?:(?-i:\s-\w*R)|--recursive|\b0?777\b)",
    r"\b(?:mkfs|wipefs|blkdiscard)\b|\bdd\s.*\b[io]f=",
    r">\s*/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|disk|mapper)",
    r":\(\)\s*\{",
    r"\bkill\s+-\S+\s+-1\b|\b(?:killall|pkill)\s",
    r"\bsudo\b",
    r"\bcrontab\s+-r\b",
    r"\b(?:curl|wget)\b.*\|\s*\w*sh\b",
    r"\b\w*sh\s.*[<$]\(\s*(?:curl|wget)\b",
    r"\bgit\s+push\b.*(?:force|--mirror|--delete|--prune|\s-[fd]\b|\s[+:]\w)",
    r"\bforce[- ]push|\bhard[- ]reset\b",
    r"\bgit\s+(?:reset\s+--?\s*hard|clean\s+(?:.*\s)?-(?:-force|\w*f))",
    r"\bgit\s+branch\s(?:.*\s)?(?:(?-i:-\w*D)\b|--delete\b.*\s--force\b)",
    r"\bgit\s+(?:checkout|restore)\s+(?:-\S*\s+)*\.(?:\s|$)",
    r"\bgit\s+(?:stash\s+(?:drop|clear)|filter-(?:branch|repo)|reflog\s+expire)\b",
    r"\b(?:drop|truncate)\s+(?:the\s+)?table\b",
    r"\b(?:drop|delete|wipe|erase)\s+(?:(?:the|all|our|whole)\s+)*(?:database|schema)s?\b",
    r"\bdelete\s+from\s+[\w.\x22\x60]+?\s*(?:[;\x22\x27\x60]|$)(?!\s*where\b)",
    r"\b(?:dropdb|flushall|flushdb)\b",
    r"\b(?:docker|podman)\b.*(?:\sprune\b|\svolume\s+rm\b|\sdown\b.*\s(?:-v\b|--volumes\b))",
    r"\b(?:terraform|tofu|pulumi)\b.*\bdestroy\b",
    r"\bkubectl\b.*\s(?:delete|drain)\b|\bhelm\s+(?:uninstall|delete)\b",
    r"\b(?:gcloud|az|gh)\s.*\sdelete\b|\baws\s.*\s(?:rb|delete-\w+|terminate-\w+)\b",
    r"\b(?:npm|pnpm|yarn|cargo)\s+publish\b|\btwine\s+upload\b",
)
