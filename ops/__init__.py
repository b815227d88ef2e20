"""`./gifs`: what an operator asks of the account: what is done, what is missing, what failed, and do it again.

From the roof down; a room imports from those below it only, and a test holds that. ops imports handler (records,
events, the API's client) and serverless, and nothing of the local cloud.

    cli         the commands, and how each mistake ends
    commands/   one file for each
    options     what every command takes
    checks/     what doctor looks at, and what it found
    screen      one upload for people
    verdict     where it stands, and whether somebody has to act
    case        everything that is known of it
    locate      what a TaskId or a request id is about
    overview    what is under way, done, failed and deployed
    story       a record told, a line for each step
    findings    what an audit finds of a bucket's uploads
    task_names  what it finds of the service's tasks
    pausing     PAUSED of the functions as they are deployed
    lists       what is under way, and what needs a person
    fetching    GIFs into a folder: each once, whole, and of what its video's key holds
    retrying    what has to be done about what stands in .failed/
    sending     videos sent to the function, in small events and not too fast
    uploads     a bucket's objects, their records and their GIFs, from listings only
    merge       three sorted listings side by side
    imm_tasks   what IMM says of a task and of a bucket
    account     the account as a command sees it: OSS, Function Compute and what makes the GIFs with one key
    project     s.yaml and .env: which functions, which buckets, which settings
    refusals    what a service refuses → one sentence with the permission that is missing
    records     the records of uploads, read
    buckets     OSS
    bucket_facts  a bucket by itself: region, retention, keys
    identity    STS: whose key it is
    functions   Function Compute
    logs        Log Service
    names       oss:// URIs, TaskIds, request ids
    times       moments as people type them
    folder      where files are fetched into, and nothing outside of it
    file_names  the file of a GIF: a name that every disk takes, and no other key's
    parallel    many small requests at the same time
    gaps        what could not be found out
    output      prose and progress on standard error, results on standard output
    errors      what a command can end with, and its exit code
"""
