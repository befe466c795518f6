// Two processes for each input: searches on processor nodes, the network where the configuration sends it. For example:
//
//   include { SEARCH; PREDICT } from './pleat.nf'
//   workflow { PREDICT(SEARCH(Channel.fromPath('jobs/*.json'))) }
//
// with `process { withName: PREDICT { accelerator = 1 } }` in nextflow.config. An error of one job leaves the others: errorStrategy.

params.search_flags = ''    // such as '--db_dir /data'
params.predict_flags = ''   // such as '--device cuda'
params.output = 'results'

process SEARCH {
    cpus 8
    errorStrategy 'ignore'

    input:
    path job

    output:
    path 'searches/*/*_data.json'

    script:
    """
    pleat search --json_path '${job}' --output_dir searches --threads ${task.cpus} ${params.search_flags}
    """
}

process PREDICT {
    cpus 8
    errorStrategy { task.exitStatus in [130, 137, 143] ? 'retry' : 'ignore' }
    publishDir params.output, mode: 'copy'

    input:
    path data

    output:
    path 'predictions/*'

    script:
    """
    pleat predict --json_path '${data}' --output_dir predictions --norun_data_pipeline --threads ${task.cpus} ${params.predict_flags}
    """
}
