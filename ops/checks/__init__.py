"""What `doctor` looks at. Each look is one question or two to a service, so that one right less hides one answer.

run        all of them, beside each other, and what came of it
key        whose key it is
settings   s.yaml and .env by themselves
functions  what is deployed, against s.yaml
triggers   what starts the functions, against s.yaml
buckets    regions, retention, keys, Referer
log        project, logstore and index
inside     what each function may and can reach, tried by itself
check      one line of the table
"""
